import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.data.cache.file_keys import FileKey, Unreadable
from glsmed.client.data.cache.partial_rows import PartialRows, partial_files, take_partial

RECIPE = (3, False)
SHAPE = (4, 1, 8, 8)


def picture(grey: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((8, 8), grey, np.uint8)


def key(name: str) -> FileKey:
    return FileKey(f"/{name}", 1, 2, name)


def test_a_finished_tensor_has_the_rows_that_were_written_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    tensor = tmp_path / "t.npy"
    with PartialRows.opened(tensor, SHAPE, RECIPE) as rows:
        rows.append(key("a"), picture(7))
        rows.append(Unreadable("/b", "is empty"), None)
        rows.append(key("c"), picture(9))
        rows.finish(tensor)
    assert np.load(tensor)[:, 0, 0, 0].tolist() == [7, 9]
    assert [path.name for path in tmp_path.iterdir()] == ["t.npy"]
    assert stat.S_IMODE(tensor.stat().st_mode) == 0o600


def test_an_unfinished_one_is_taken_once(tmp_path: Path) -> None:
    tensor = tmp_path / "t.npy"
    with PartialRows.opened(tensor, SHAPE, RECIPE) as rows:
        rows.append(Unreadable("/b", "is empty", key("b")), None)
        rows.append(key("c"), picture(9))
    taken = take_partial(tensor, recipe=RECIPE, size_px=8)
    pixels = taken.row("c")
    assert pixels is not None
    assert pixels.max() == 9
    assert taken.failures["b"].reason == "is empty"
    assert list(tmp_path.iterdir()) == []
    assert take_partial(tensor, recipe=RECIPE, size_px=8).rows == {}


@pytest.mark.parametrize(("recipe", "size_px"), [((4, False), 8), (RECIPE, 9)])
def test_one_of_another_recipe_is_thrown_away(tmp_path: Path, recipe: tuple[int, bool], size_px: int) -> None:
    with PartialRows.opened(tmp_path / "t.npy", SHAPE, RECIPE) as rows:
        rows.append(key("c"), picture(9))
    assert take_partial(tmp_path / "t.npy", recipe=recipe, size_px=size_px).rows == {}
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    tensor = tmp_path / "t.npy"
    with PartialRows.opened(tensor, SHAPE, RECIPE) as rows:
        rows.append(key("a"), picture(7))
        rows.append(key("c"), picture(9))
    journal = partial_files(tensor)[1]
    journal.write_bytes(journal.read_bytes()[:-9])
    assert list(take_partial(tensor, recipe=RECIPE, size_px=8).rows) == ["a"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space"), PartialRows.opened(tmp_path / "t.npy", SHAPE, RECIPE):
        pass
    assert list(tmp_path.iterdir()) == []
