"""docs/glossary.md: every name of the code that it gives can be imported, and every term has one entry."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "glossary.md").read_text(encoding="utf-8")
CODE_NAMES = sorted(set(re.findall(r"`(glsmed\.[A-Za-z0-9_.]+)`", PAGE)))
TERMS: list[str] = re.findall(r"^\*\*(.+?)\.\*\*", PAGE, re.MULTILINE)


def _resolve(name: str) -> object:
    """The module of this name, or the object of this name in its module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", CODE_NAMES)
def test_a_name_of_the_code_exists(name: str) -> None:
    assert _resolve(name) is not None


def test_a_name_that_does_not_exist_is_seen() -> None:
    with pytest.raises(AttributeError):
        _resolve("glsmed.shared.smoothing.no_such_thing")


def test_every_term_has_one_entry() -> None:
    assert len(TERMS) > 40
    assert sorted(TERMS) == sorted(set(TERMS))
