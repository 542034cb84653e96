from pathlib import Path

import pytest

from glsmed.shared.errors import UsageError
from glsmed.shared.files.output_paths import check_output_files, check_output_folders


def test_new_files_and_those_of_an_earlier_run_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    check_output_files([tmp_path / "old.csv", tmp_path / "new" / "folder" / "a.csv"], kept=[tmp_path / "in.csv"])
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["in.csv"], "the command reads it"),
        (["folder/../in.csv"], "the command reads it"),
        (["link.csv"], "the command reads it"),
        (["a.csv", "a.csv"], "another file of this command"),
        (["folder"], "expected the name of a file to write, got a folder"),
        (["in.csv/a.csv"], "Not a directory"),
    ],
)
def test_what_cannot_or_must_not_be_written_is_said_before_any_work(
    tmp_path: Path, names: list[str], message: str
) -> None:
    (tmp_path / "in.csv").write_text("patients")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    with pytest.raises(UsageError, match=message):
        check_output_files([tmp_path / name for name in names], kept=[tmp_path / "in.csv", tmp_path / "folder"])


def test_a_folder_that_takes_no_files_is_named() -> None:
    with pytest.raises(UsageError, match=r"/proc/x\.csv: cannot be written: /proc: "):
        check_output_files([Path("/proc/x.csv")])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("in", "lies in the folder that is read"),
        ("in/reports", "lies in the folder that is read"),
        ("file", "expected a folder to write into, got a file"),
    ],
)
def test_a_folder_to_write_into_lies_apart_from_what_is_read(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "file").touch()
    check_output_folders([tmp_path / "out", tmp_path / "inside"], read=[tmp_path / "in", tmp_path / "file"])
    with pytest.raises(UsageError, match=message):
        check_output_folders([tmp_path / name], read=[tmp_path / "in"])
