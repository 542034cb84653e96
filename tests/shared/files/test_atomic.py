import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from glsmed.shared.files.atomic import (
    PRIVATE_FILE,
    PRIVATE_UMASK,
    atomic_replace,
    remove_leftovers,
    write_bytes,
    write_text,
)


def test_the_file_is_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "file.txt", "胸水")
    assert (tmp_path / "new" / "file.txt").read_bytes() == "胸水".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.txt"]


def test_a_file_is_public_unless_another_mode_is_asked_for(tmp_path: Path) -> None:
    write_bytes(tmp_path / "public", b"x")
    write_bytes(tmp_path / "private", b"x", mode=PRIVATE_FILE)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("public", "private")]
    assert modes == [0o644, 0o600]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (PRIVATE_UMASK, 0o600)])
def test_a_process_that_keeps_its_files_to_itself_does_so_here_too(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_text(tmp_path / "public", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == mode


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_replace(path) as temporary:  # noqa: PT012  # the block is what is tested
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_the_old_file_stands_until_the_new_one_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_text(path, "old")

    def full(_descriptor: int) -> None:
        assert path.read_text() == "old"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_only_the_temporary_files_of_one_path_are_left_overs(tmp_path: Path) -> None:
    kept = ("a.json", ".b.json.abcd1234", ".a.json.ab", "a.json.abcd1234")
    for name in (*kept, ".a.json.abcd1234", ".a.json.x_y_z_12"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(tmp_path / "a.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


@pytest.mark.parametrize("size", [0, 5])
def test_an_error_of_the_disk_names_the_file_and_never_the_temporary_one(tmp_path: Path, size: int) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "file"
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_bytes(path, b"x" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_about_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, atomic_replace(tmp_path / "file"):
        (tmp_path / "source").read_bytes()
    assert caught.value.filename == str(tmp_path / "source")
