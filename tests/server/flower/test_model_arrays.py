from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, RecordDict
from flwr.app.message.arraychunk import ArrayChunk
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supercore.inflatable.inflatable_utils import validate_object_content

from glsmed.server.flower.model_arrays import (
    PART_BYTES,
    FileArray,
    FilePart,
    PartsArray,
    array_record,
    part_header,
    part_size,
)

SIZES = [1, 1000, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 77]


def content_of(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def both(tmp_path: Path, size: int) -> tuple[FileArray, Array]:
    """The same array in a file, and as upstream makes it."""
    content = content_of(size)
    path = tmp_path / "model"
    path.write_bytes(b"x" * 11 + content + b"y" * 3)
    array = FileArray(path, offset=11, nbytes=size, dtype="float32", shape=(size,), stype="packed")
    return array, Array("float32", (size,), "packed", content)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_on_the_wire_what_upstreams_array_is(tmp_path: Path, size: int) -> None:
    ours, theirs = both(tmp_path, size)
    records = [
        RecordDict({"model": array_record({"a": ours}), "head": ConfigRecord({"n": 1})}),
        RecordDict({"model": ArrayRecord({"a": theirs}), "head": ConfigRecord({"n": 1})}),
    ]
    assert get_object_tree(records[0]) == get_object_tree(records[1])
    mine, upstream = (
        {one: part.deflate() for one, part in get_all_nested_objects(record).items()} for record in records
    )
    assert mine == upstream


def test_parts_are_in_pieces_and_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array, _ = both(tmp_path, 2 * PART_BYTES + 5)
    parts = [part for _, part in array.slice_array()]
    assert len(parts) == 3
    assert all(isinstance(part, FilePart) for part in parts)
    assert max(len(piece) for part in parts if isinstance(part, FilePart) for piece in part.pieces()) <= 2**20
    monkeypatch.setattr(FilePart, "pieces", None)
    assert [part.object_id for part in parts] == [one for one, _ in array.slice_array()]


def test_a_stretch_is_read_from_anywhere(tmp_path: Path) -> None:
    array, theirs = both(tmp_path, PART_BYTES + 100)
    for start, stop in [(0, 1), (PART_BYTES - 3, PART_BYTES + 3), (PART_BYTES + 90, 2 * PART_BYTES), (5, 5)]:
        assert array.read(start, stop) == theirs.data[start:stop]
    assert array.data == theirs.data
    assert array.nbytes == PART_BYTES + 100


def test_a_file_that_ends_too_early_is_an_error(tmp_path: Path) -> None:
    array, _ = both(tmp_path, 1000)
    (tmp_path / "model").write_bytes(b"short")
    with pytest.raises(OSError, match="ends 1000 bytes too early"):
        _ = array.data


@pytest.mark.parametrize("nbytes", [0, 9, 10, 99, 100, 12345, PART_BYTES])
def test_the_header_is_the_one_that_flower_writes(nbytes: int, tmp_path: Path) -> None:
    content = ArrayChunk(memoryview(bytes(nbytes))).deflate()
    assert content == part_header(nbytes) + bytes(nbytes)
    validate_object_content(content)
    (tmp_path / "part").write_bytes(content)
    assert part_size(tmp_path / "part") == nbytes


@pytest.mark.parametrize(
    "content",
    [b"", b"ArrayChunk  5\x001234", b"ArrayChunk  05\x0012345", b"Array  5\x0012345", b"ArrayChunk x 5\x0012345"],
)
def test_what_is_no_part_has_no_size(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(content)
    with pytest.raises(ValueError, match="part is not a part of an array"):
        part_size(tmp_path / "part")


@pytest.mark.parametrize("size", SIZES)
def test_part_files_read_as_the_array_that_was_cut(tmp_path: Path, size: int) -> None:
    content = content_of(size)
    paths = []
    for number, (_, part) in enumerate(Array("uint8", (size,), "packed", content).slice_array()):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(part.deflate())
    array = PartsArray(paths, nbytes=size, dtype="uint8", shape=(size,), stype="packed")
    assert array.data == content
    for start, stop in [(0, 1), (size - 1, size), (size // 2, size // 2 + 9), (PART_BYTES - 2, PART_BYTES + 2)]:
        assert array.read(start, stop) == content[start:stop]
    array.close()
    assert not any(path.exists() for path in paths)


def test_a_record_takes_them_as_they_are(tmp_path: Path) -> None:
    array, _ = both(tmp_path, 10)
    assert array_record({"a": array})["a"] is array
