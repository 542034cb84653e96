from pathlib import Path

import numpy as np
import pytest

from glsmed.client.data.cache.file_keys import FileKey, Outcome, Unreadable
from glsmed.client.data.cache.stored_rows import StoredRows, index_text, read_stored

KEY, OTHER = FileKey("/a.png", 3, 5, "d1"), FileKey("/c.png", 4, 6, "d3")
FAILED = Unreadable("/b.png", "is empty", FileKey("/b.png", 0, 5, "d2"))
MISSING = Unreadable("/none.png", "cannot be read: No such file or directory")
OUTCOMES: list[Outcome] = [KEY, FAILED, OTHER, MISSING]


def written(folder: Path, rows: int) -> tuple[Path, Path]:
    np.save(folder / "t.npy", np.arange(rows, dtype=np.uint8).repeat(16).reshape(rows, 1, 4, 4))
    (folder / "t.json").write_text(index_text(OUTCOMES, recipe=(3, False)))
    return folder / "t.npy", folder / "t.json"


def test_rows_are_found_by_content_and_failures_too(tmp_path: Path) -> None:
    stored = read_stored(*written(tmp_path, 2), recipe=(3, False), size_px=4)
    assert list(stored.outcomes) == OUTCOMES
    pixels = stored.row("d3")
    assert pixels is not None
    assert pixels.max() == 1
    assert stored.row("d2") is None
    assert dict(stored.failures) == {"d2": FAILED}
    assert stored.keys["/b.png"] == FAILED.key


@pytest.mark.parametrize(
    ("rows", "recipe", "size_px"), [(3, (3, False), 4), (2, (4, False), 4), (2, (3, True), 4), (2, (3, False), 5)]
)
def test_another_cache_is_of_no_use(tmp_path: Path, rows: int, recipe: tuple[int, bool], size_px: int) -> None:
    assert read_stored(*written(tmp_path, rows), recipe=recipe, size_px=size_px) == StoredRows()
