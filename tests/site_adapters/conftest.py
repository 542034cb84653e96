"""What the tests of the language engine share: readers of the built-in vocabularies, and adapter files on the spot."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

AdapterWriter = Callable[..., Path]


@cache
def built_in_reader(name: str) -> Reader:
    """One reader of a built-in vocabulary for all tests."""
    return Reader(load_adapter(name))


@pytest.fixture(scope="session")
def english() -> Reader:
    return built_in_reader("en_radiology")


@pytest.fixture(scope="session")
def german() -> Reader:
    return built_in_reader("de_radiology")


@pytest.fixture
def adapter_file(tmp_path: Path) -> AdapterWriter:
    """A function that writes an adapter file and gives its path; it extends the English one unless told a head."""

    def write(body: str, *, name: str = "site.yaml", head: str = "adapter: site\nextends: en_radiology\n") -> Path:
        path = tmp_path / name
        path.write_text(head + dedent(body), encoding="utf-8")
        return path

    return write
