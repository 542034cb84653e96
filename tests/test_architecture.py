"""The arrows between the five portions and between their rooms, and what every room must have."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "shared": {"shared"},
    "site_adapters": {"site_adapters", "shared"},
    "client": {"client", "site_adapters", "shared"},
    "server": {"server", "shared"},
    "benchmarks": {"benchmarks", "client", "server", "site_adapters", "shared"},
}

# What each room of a portion imports of the same portion. A module at a portion's top is a room of its own.
ROOMS: Mapping[str, Mapping[str, set[str]]] = {
    "shared": {
        "errors": set(),
        "findings": set(),
        "smoothing": set(),
        "pixels": set(),
        "quantities": set(),
        "networks": {"errors", "files", "protocol"},
        "metrics": set(),
        "pages": set(),
        "web": {"errors", "pages"},
        "case": {"errors", "files", "metrics", "pages"},
        "files": {"errors"},
        "processes": {"errors"},
        "wire": {"errors"},
        "protocol": {"errors", "files", "wire"},
        "privacy": {"protocol"},
        "cue_calibration": {"errors", "files"},
        "exporting": {"errors", "files", "pixels"},
        "signing": {"errors", "wire"},
        "secure_aggregation": {"errors", "files", "metrics", "protocol", "wire"},
    },
    "site_adapters": {
        "text": set(),
        "inputs": set(),
        "adapter": {"text"},
        "phrasing": {"adapter", "text"},
        "reading": {"adapter", "phrasing", "text"},
        "calibration": {"adapter", "inputs", "reading"},
        "explaining": {"adapter", "reading", "text"},
        "lint": {"adapter", "reading", "text"},
        "suggesting": {"adapter", "inputs", "lint", "reading", "text"},
        "contract": {"adapter", "lint"},
        "workbench": {"adapter", "calibration", "explaining", "inputs", "lint", "reading", "suggesting", "text"},
        "commands": {"adapter", "calibration", "explaining", "inputs", "lint", "reading", "suggesting", "workbench"},
        "cli": {"commands"},
    },
    "client": {
        "settings": set(),
        "learning": set(),
        "imports": {"data"},
        "dicom_out": {"data"},
        "data": {"settings"},
        "monitoring": {"settings"},
        "node": {"monitoring", "settings"},
        "labels": {"data", "learning"},
        "checking": {"data", "labels"},
        "labelling": {"data", "learning"},
        "training": {"data", "learning", "settings"},
        "evaluation": {"data", "learning", "training"},
        "egress": {"data", "evaluation", "settings"},
        "resident": {
            "checking",
            "data",
            "egress",
            "evaluation",
            "labels",
            "learning",
            "monitoring",
            "node",
            "settings",
            "training",
        },
        "model_use": {"data", "dicom_out", "evaluation", "labels", "learning", "settings", "training"},
        "after_study": {"data", "labels", "monitoring", "settings"},
        "site_page": {"after_study", "egress", "labels", "monitoring", "settings"},
        "site_workbench": {"data", "settings"},
        "commands": {
            "after_study",
            "case",
            "data",
            "imports",
            "labelling",
            "model_use",
            "node",
            "resident",
            "settings",
            "site_page",
            "site_workbench",
        },
        "case": {"data", "evaluation", "labels", "model_use", "resident", "settings"},
        "cli": {"commands"},
    },
    "client/training": {
        "devices": set(),
        "steps": set(),
        "round_arrays": set(),
        "local_layers": {"round_arrays"},
        "control_variates": {"round_arrays", "steps"},
        "worker_pool": {"steps"},
        "differential_privacy": {"steps"},
        "round_training": {"differential_privacy", "steps", "worker_pool"},
    },
    "server": {
        "flower": set(),
        "strategies": set(),
        "folders": {"flower"},
        "updates": {"folders", "strategies"},
        "rounds": {"flower", "folders", "strategies", "updates"},
        "admission": {"folders"},
        "monitoring": {"folders"},
        "signing": {"admission", "flower"},
        "reporting": {"admission", "folders", "monitoring", "rounds"},
        "case": {"reporting"},
        "processes": {"admission", "flower", "folders", "monitoring", "rounds", "signing"},
        "readiness": {"admission", "flower", "folders"},
        "page": {"folders", "monitoring", "reporting"},
        "commands": {"admission", "case", "folders", "monitoring", "page", "processes", "readiness", "reporting"},
        "cli": {"commands"},
    },
    "benchmarks": {
        "attacks": {"federation", "privacy_cost", "simulator"},
        "corpora": set(),
        "federation": set(),
        "reading_room": set(),
        "privacy_cost": {"simulator"},
        "speed": {"reading_room"},
        "language": {"corpora"},
        "labelling": {"reading_room", "simulator"},
        "simulator": {"corpora", "reading_room"},
        "methods": {"simulator"},
        "comparison": {"methods", "simulator"},
        "tables": {"comparison", "methods"},
        "demo": {"reading_room"},
        "real_data": {"comparison", "federation", "methods", "reading_room", "simulator", "strategies", "tables"},
        "rounds_cost": {"demo"},
        "strategies": {"demo", "federation", "simulator", "tables"},
        "commands": {
            "attacks",
            "comparison",
            "demo",
            "federation",
            "labelling",
            "language",
            "methods",
            "privacy_cost",
            "reading_room",
            "real_data",
            "rounds_cost",
            "simulator",
            "speed",
            "strategies",
            "tables",
        },
        "cli": {"commands"},
        "demo_cli": {"commands"},
    },
}
MOST_ARROWS = 67
MOST_MODULES = 12
MOST_LINES = 15  # of nine functions in ten, without their docstrings

# Flower's public names; all others change from release to release and stand in the two places that follow.
FLOWER_IN_PUBLIC = {"flwr.app", "flwr.clientapp", "flwr.serverapp", "flwr.common.constant"}
FLOWER_IN_PRIVATE = (
    "server/glsmed/server/flower/",
    "client/glsmed/client/node/flower/",
    "benchmarks/glsmed/benchmarks/rounds_cost/light_sites/light_site.py",  # plays many SuperNodes in one process
)


def _package(portion: str) -> Path:
    first, *rest = portion.split("/")
    return PROJECT.joinpath(first, "glsmed", first, *rest)


def _imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _forbidden(portion: str, source: str) -> set[str]:
    ours = {name.split(".")[1] for name in _imported_modules(source) if name.startswith("glsmed.")}
    return ours - MAY_IMPORT[portion]


def _rooms(package: Path) -> dict[str, list[Path]]:
    """The Python files of a package by the room that they are in, door signs left out."""
    rooms: dict[str, list[Path]] = {}
    for path in sorted(package.rglob("*.py")):
        if path.name != "__init__.py":
            rooms.setdefault(path.relative_to(package).with_suffix("").parts[0], []).append(path)
    return rooms


def _arrows(package: Path, rooms: Mapping[str, Iterable[Path]]) -> dict[str, set[str]]:
    """The other rooms of the package that each room imports."""
    inside = ".".join(package.relative_to(PROJECT).parts[1:]) + "."
    arrows: dict[str, set[str]] = {room: set() for room in rooms}
    for room, paths in rooms.items():
        for path in paths:
            names = _imported_modules(path.read_text(encoding="utf-8"))
            arrows[room] |= {name.removeprefix(inside).split(".")[0] for name in names if name.startswith(inside)}
    return {room: targets - {room} for room, targets in arrows.items()}


def _private_to_flower(source: str) -> set[str]:
    names = {name for name in _imported_modules(source) if name.split(".")[0] == "flwr"}
    return {name for name in names if not any(name.startswith(f"{public}.") for public in FLOWER_IN_PUBLIC)}


@pytest.mark.parametrize("portion", MAY_IMPORT)
def test_portion_imports_only_what_its_arrows_allow(portion: str) -> None:
    for path in _package(portion).rglob("*.py"):
        assert _forbidden(portion, path.read_text(encoding="utf-8")) == set(), path


def test_an_arrow_against_the_stream_is_seen() -> None:
    assert _forbidden("server", "from glsmed.client import resident") == {"client"}
    assert _forbidden("shared", "import glsmed.benchmarks.demo") == {"benchmarks"}


@pytest.mark.parametrize("portion", ROOMS)
def test_the_table_of_rooms_is_what_the_code_imports(portion: str) -> None:
    package = _package(portion)
    assert _arrows(package, _rooms(package)) == ROOMS[portion]


@pytest.mark.parametrize("portion", ROOMS)
def test_no_arrow_leads_upwards_and_a_picture_of_them_can_be_read(portion: str) -> None:
    tuple(TopologicalSorter(ROOMS[portion]).static_order())  # raises CycleError
    assert sum(map(len, ROOMS[portion].values())) <= MOST_ARROWS


def test_an_arrow_between_rooms_is_seen(tmp_path: Path) -> None:
    package = _package("client")
    source = tmp_path / "x.py"
    source.write_text("def late():\n    from glsmed.client.egress.policy import EgressPolicy\n")
    assert _arrows(package, {"data": [source]}) == {"data": {"egress"}}


def _function_lengths(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            sign = node.body[0] if ast.get_docstring(node) else None
            words = 0 if sign is None else (sign.end_lineno or 0) - sign.lineno + 1
            yield (node.end_lineno or 0) - node.lineno + 1 - words


@pytest.mark.parametrize("portion", MAY_IMPORT)
def test_nine_functions_in_ten_fit_into_one_look(portion: str) -> None:
    sources = (path.read_text(encoding="utf-8") for path in _package(portion).rglob("*.py"))
    lengths = sorted(length for source in sources for length in _function_lengths(source))
    assert lengths[len(lengths) * 9 // 10] <= MOST_LINES


def _folders() -> list[Path]:
    found = {path.parent for portion in MAY_IMPORT for path in _package(portion).rglob("*.py")}
    return sorted(found)


@pytest.mark.parametrize("folder", _folders(), ids=lambda path: "/".join(path.relative_to(PROJECT).parts[2:]))
def test_a_room_is_small_and_has_a_door_sign(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES
    sign = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert len(sign.split("\n\n")) == 2, "expected one line and one paragraph"
    assert "mport" in sign, "expected a word on what may be imported"


def test_private_names_of_flower_stand_where_they_may() -> None:
    for portion in MAY_IMPORT:
        for path in _package(portion).rglob("*.py"):
            if not path.relative_to(PROJECT).as_posix().startswith(FLOWER_IN_PRIVATE):
                assert _private_to_flower(path.read_text(encoding="utf-8")) == set(), path


def test_a_private_name_of_flower_is_seen() -> None:
    assert _private_to_flower("from flwr.app import Message") == set()
    assert _private_to_flower("from flwr.supercore.run import Run") == {"flwr.supercore.run.Run"}


@pytest.mark.parametrize("portion", MAY_IMPORT)
def test_namespace_stays_open_and_typed(portion: str) -> None:
    assert not (PROJECT / portion / "glsmed" / "__init__.py").exists()
    assert (PROJECT / portion / "glsmed" / portion / "py.typed").is_file()
