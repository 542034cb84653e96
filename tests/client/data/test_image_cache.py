import errno
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from glsmed.client.data import image_cache
from glsmed.client.data.image_cache import ImageCache
from glsmed.client.data.images import read_image
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import ConfigurationError, DataError

SIDE = 32


def pictures(folder: Path, *greys: int) -> list[Path]:
    """One picture of each grey, called by its place."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(len(greys))]
    for path, grey in zip(paths, greys, strict=True):
        Image.new("L", (SIDE, SIDE), grey).save(path)
    return paths


def load(folder: Path, paths: list[Path]) -> list[int]:
    """The grey of each image in the cache's tensor."""
    tensor = ImageCache(StateFolder(folder / "state"), size_px=SIDE).load(paths)
    assert tensor.shape == (len(paths), 1, SIDE, SIDE)
    assert tensor.dtype == torch.uint8
    return [int(value) for value in tensor[:, 0, 0, 0]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were decoded ("d") or hashed ("h"), as they are."""
    seen: list[str] = []
    digest = image_cache._digest

    def count_decode(path: Path, *, size_px: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        seen.append(f"d {path.name}")
        return read_image(path, size_px=size_px)

    def count_digest(path: Path) -> str:
        seen.append(f"h {path.name}")
        return digest(path)

    monkeypatch.setattr(image_cache, "read_image", count_decode)
    monkeypatch.setattr(image_cache, "_digest", count_digest)
    return seen


def test_rows_stand_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20, 30)
    assert load(tmp_path, paths[::-1]) == [30, 20, 10]
    assert load(tmp_path, paths) == [10, 20, 30]


def test_without_a_path_there_is_an_empty_tensor_whatever_was_cached(tmp_path: Path) -> None:
    assert load(tmp_path, []) == []
    load(tmp_path, pictures(tmp_path / "a", 10, 20))
    assert load(tmp_path, []) == []


def test_digests_are_those_of_the_files_in_order(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    cache = ImageCache(StateFolder(tmp_path / "state"), size_px=SIDE)
    for asked in (paths, paths, paths[::-1], []):
        cache.load(asked)
        assert list(cache.digests) == [hashlib.sha256(path.read_bytes()).hexdigest() for path in asked]


def test_unchanged_files_are_neither_decoded_nor_hashed(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    load(tmp_path, paths)
    reads.clear()
    assert load(tmp_path, paths) == [10, 20]
    assert reads == []


def test_only_a_changed_or_new_file_is_read(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20, 30)
    load(tmp_path, paths[:2])
    reads.clear()
    Image.new("L", (SIDE, SIDE), 99).save(paths[1])
    assert load(tmp_path, paths) == [10, 99, 30]
    assert sorted(reads) == ["d 1.png", "d 2.png", "h 1.png", "h 2.png"]


def test_another_order_reads_no_file(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20, 30)
    load(tmp_path, paths)
    reads.clear()
    assert load(tmp_path, paths[1:] + paths[:1]) == [20, 30, 10]
    assert reads == []


def test_a_file_that_moved_is_known_by_its_content(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    load(tmp_path, paths)
    reads.clear()
    (tmp_path / "a").rename(tmp_path / "b")
    assert load(tmp_path, [tmp_path / "b" / path.name for path in paths]) == [10, 20]
    assert sorted(reads) == ["h 0.png", "h 1.png"]


def test_a_change_that_keeps_size_and_date_is_seen(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10)
    load(tmp_path, paths)
    before = paths[0].stat()
    Image.new("L", (SIDE, SIDE), 11).save(paths[0])
    os.utime(paths[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert paths[0].stat().st_size == before.st_size
    assert load(tmp_path, paths) == [11]


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20, 30)
    paths[0].write_bytes(b"no image")
    paths[2].unlink()
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, paths)
    first, second = map(str, caught.value.faults)
    assert first == f"{paths[0]}: is not a PNG, JPEG or DICOM image"
    assert second.startswith(f"{paths[2]}: cannot be read: No such file")


def test_what_could_be_read_is_kept_beside_what_could_not(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    good = paths[1].read_bytes()
    paths[1].write_bytes(b"no image")
    with pytest.raises(ConfigurationError):
        load(tmp_path, paths)
    with pytest.raises(ConfigurationError):
        load(tmp_path, paths)
    paths[1].write_bytes(good)
    reads.clear()
    assert load(tmp_path, paths) == [10, 20]
    assert sorted(reads) == ["d 1.png", "h 1.png"]


@pytest.mark.parametrize("name", ["images-32px.json", "images-32px.npy"])
def test_a_spoiled_cache_is_made_anew(tmp_path: Path, name: str) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    load(tmp_path, paths)
    (tmp_path / "state" / name).write_bytes(b"{}")
    assert load(tmp_path, paths) == [10, 20]


def test_pixels_of_another_pipeline_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = pictures(tmp_path / "a", 10)
    monkeypatch.setattr(image_cache, "PIPELINE_VERSION", 0)
    monkeypatch.setattr(image_cache, "read_image", lambda path, *, size_px: np.zeros((size_px, size_px), np.uint8))
    assert load(tmp_path, paths) == [0]
    monkeypatch.undo()
    assert load(tmp_path, paths) == [10]


def test_sizes_have_caches_of_their_own(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10)
    load(tmp_path, paths)
    assert ImageCache(StateFolder(tmp_path / "state"), size_px=48).load(paths).shape == (1, 1, 48, 48)
    assert load(tmp_path, paths) == [10]


def test_only_its_owner_can_read_the_cache(tmp_path: Path) -> None:
    load(tmp_path, pictures(tmp_path / "a", 10))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert modes == {0o600}


def test_a_full_disk_is_an_error_and_leaves_the_old_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    load(tmp_path, paths[:1])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataError, match=r"images-32px\.npy: the image cache cannot be written: No space left"):
        load(tmp_path, paths)
    monkeypatch.undo()
    assert load(tmp_path, paths[:1]) == [10]


def test_a_file_limit_ends_in_the_error_and_not_in_a_signal(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from glsmed.client.data.image_cache import ImageCache\n"
        "from glsmed.client.settings.state_folder import StateFolder\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "ImageCache(StateFolder(Path(sys.argv[1])), size_px=32).load([Path(name) for name in sys.argv[2:]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "state"), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "DataError" in done.stderr.splitlines()[-1]
    assert "the image cache cannot be written: File too large" in done.stderr
