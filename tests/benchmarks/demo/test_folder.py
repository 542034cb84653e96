from pathlib import Path

import pytest

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.shared.errors import UsageError


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    folder.make()
    (folder.root / "old").touch()
    folder.make()
    assert not (folder.root / "old").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="is not an earlier demo"):
        DemoFolder(tmp_path).make()
    assert (tmp_path / "thesis.tex").exists()


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    DemoFolder(tmp_path).make()
    assert tmp_path.is_dir()
