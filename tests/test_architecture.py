"""The import arrows between the five portions."""

import ast
from collections.abc import Iterator
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


def _imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _forbidden(portion: str, source: str) -> set[str]:
    ours = {name.split(".")[1] for name in _imported_modules(source) if name.startswith("glsmed.")}
    return ours - MAY_IMPORT[portion]


@pytest.mark.parametrize("portion", MAY_IMPORT)
def test_portion_imports_only_what_its_arrows_allow(portion: str) -> None:
    for path in (PROJECT / portion / "glsmed" / portion).rglob("*.py"):
        assert _forbidden(portion, path.read_text(encoding="utf-8")) == set(), path


def test_an_arrow_against_the_stream_is_seen() -> None:
    assert _forbidden("server", "from glsmed.client import app") == {"client"}
    assert _forbidden("shared", "import glsmed.benchmarks.demo") == {"benchmarks"}


@pytest.mark.parametrize("portion", MAY_IMPORT)
def test_namespace_stays_open_and_typed(portion: str) -> None:
    assert not (PROJECT / portion / "glsmed" / "__init__.py").exists()
    assert (PROJECT / portion / "glsmed" / portion / "py.typed").is_file()
