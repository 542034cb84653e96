"""What the images install: what the programs import, at the versions that the whole project is tested with."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
LOCKS = ("requirements-centre.lock", "requirements-site.lock")
_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))


def imports(source: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, also for types."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> Path | None:
    """The file of one of our modules, or of the module that holds the name."""
    portion = module.split(".")[1]
    path = PROJECT / portion / Path(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py", path.parent.with_suffix(".py"))
    return next((file for file in candidates if file.is_file()), None)


def outside(start: Iterator[Path]) -> set[str]:
    """Top-level names that these files import from other distributions, themselves or through our other modules."""
    found: set[str] = set()
    waiting, seen = list(start), set[Path]()
    while waiting:
        source = waiting.pop()
        if source in seen:
            continue
        seen.add(source)
        for module in imports(source):
            if not module.startswith("glsmed."):
                found.add(module.split(".")[0])
            elif (file := file_of(module)) is not None:
                waiting.append(file)
    return found - sys.stdlib_module_names


def optional() -> set[str]:
    """Distributions that only an extra of the project asks for."""
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    return {re.split(r"[^\w-]", requirement)[0] for requirements in extras.values() for requirement in requirements}


def test_the_centres_list_is_what_its_code_imports() -> None:
    distributions = packages_distributions()
    imported = outside((PROJECT / "server").rglob("*.py"))
    needed = {name.lower().replace("_", "-") for module in imported for name in distributions.get(module, [])}
    listed = re.findall(r"^[\w-]+$", (DEPLOY / "requirements-centre.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(needed - optional())


def test_the_centres_image_holds_nothing_that_only_a_hospital_uses() -> None:
    assert not {"spacy", "scikit-learn", "pydicom"} & pins(DEPLOY / LOCKS[0]).keys()
    assert {"spacy", "scikit-learn", "pydicom"} <= pins(DEPLOY / LOCKS[1]).keys()


@pytest.mark.parametrize("name", LOCKS)
def test_an_image_has_the_versions_that_are_tested(name: str) -> None:
    tested = pins(PROJECT / "requirements.lock")
    locked = pins(DEPLOY / name)
    assert locked
    assert {package: version for package, version in locked.items() if tested.get(package) != version} == {}


@pytest.mark.parametrize("name", [*LOCKS, "requirements-build.lock"])
def test_every_package_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[\w.-]+==)", text)
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_no_image_holds_what_only_developers_use(name: str) -> None:
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & pins(DEPLOY / name).keys()
