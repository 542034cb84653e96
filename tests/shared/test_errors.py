import ast
import importlib
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.shared import errors
from glsmed.shared.errors import (
    ConfigurationError,
    Fault,
    GlsmedError,
    MismatchError,
    PrivacyError,
    TaskRefusedError,
    UsageError,
)

PROJECT = Path(__file__).resolve().parents[2]
PORTIONS = ("shared", "site_adapters", "client", "server", "benchmarks")


def _subclasses(kind: type[GlsmedError]) -> Iterator[type[GlsmedError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def _defines_an_error(path: Path) -> bool:
    """Whether some class of the file has an error as its base: only those files are imported, which saves time."""
    classes = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base).endswith(("Error", "Exception")) for node in classes for base in node.bases)


@pytest.fixture(scope="module")
def classes() -> dict[str, type[GlsmedError]]:
    """Every error of ours by name."""
    for portion in PORTIONS:
        for path in filter(_defines_an_error, (PROJECT / portion / "glsmed" / portion).rglob("*.py")):
            importlib.import_module(".".join(path.relative_to(PROJECT / portion).with_suffix("").parts))
    found = {"GlsmedError": GlsmedError}
    found.update({kind.__name__: kind for kind in _subclasses(GlsmedError) if kind.__module__.startswith("glsmed.")})
    return found


def _tree() -> dict[str, tuple[str, int]]:
    """The parent and exit code of each error, as the docstring draws them."""
    found: dict[str, tuple[str, int]] = {}
    parents = ["Exception"]
    for branch, name, code in re.findall(r"^((?:[│├└─]| (?= |[│├└]))*) ?(\w+) +([012])  ", errors.__doc__ or "", re.M):
        depth = (len(branch) + 1) // 4
        parents[depth + 1 :] = [name]
        found[name] = (parents[depth], int(code))
    return found


def test_the_tree_in_the_docstring_is_the_tree_of_all_errors(classes: dict[str, type[GlsmedError]]) -> None:
    assert _tree() == {name: (kind.__mro__[1].__name__, kind.exit_code) for name, kind in classes.items()}


def test_the_code_of_every_error_is_its_name(classes: dict[str, type[GlsmedError]]) -> None:
    own = {name for name, kind in classes.items() if "code" in vars(kind)}
    assert own == {
        "GlsmedError",
        "MismatchError",
        "TaskRefusedError",
        "AnswerRefusedError",
    }  # all but the first add a subject


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Fault("f.yaml", "is empty"), "f.yaml: is empty"),
        (Fault("f.yaml", "is empty", line=3), "f.yaml:3: is empty"),
        (Fault("f.yaml", "is missing", line=3, key="a.b"), "f.yaml:3: a.b: is missing"),
        (Fault("f.yaml", "is missing", key="a.b"), "f.yaml: a.b: is missing"),
    ],
)
def test_a_fault_says_where(fault: Fault, shown: str) -> None:
    assert str(fault) == shown


def test_a_configuration_error_shows_every_fault_on_a_line_of_its_own() -> None:
    error = ConfigurationError([Fault("a", "x"), Fault("b", "y")])
    assert str(error) == "a: x\nb: y"


def test_the_code_of_an_error_holds_nothing_of_its_message() -> None:
    assert PrivacyError("patient 4711").code == "PrivacyError"


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError([Fault("a", "x", line=3), Fault("b", "y")]),
        MismatchError("study", expected="a", got="b"),
        TaskRefusedError("serial", "was given before"),
        UsageError("no such folder"),
    ],
)
def test_an_error_of_another_process_says_the_same(error: GlsmedError) -> None:
    """An Exception's own way calls its class with the message: every letter would be a fault."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(arrived) is type(error)
    assert (str(arrived), arrived.code, vars(arrived)) == (str(error), error.code, vars(error))
