import errno
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from glsmed.client.data import image_cache
from glsmed.client.data.cache import file_keys, partial_rows
from glsmed.client.data.image_cache import ImageCache
from glsmed.client.data.images import read_image
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError

SIDE = 32


def pictures(folder: Path, *greys: int) -> list[Path]:
    """One picture of each grey, called by its place."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(len(greys))]
    for path, grey in zip(paths, greys, strict=True):
        Image.new("L", (SIDE, SIDE), grey).save(path)
    return paths


def load(folder: Path, paths: list[Path], *, rows: int | None = None) -> list[int]:
    """The grey of each image in the cache's tensor."""
    tensor = ImageCache(StateFolder(folder / "state"), size_px=SIDE).load(paths).tensor
    assert tensor.shape == (len(paths) if rows is None else rows, 1, SIDE, SIDE)
    assert tensor.dtype == torch.uint8
    return [int(value) for value in tensor[:, 0, 0, 0]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were decoded ("d") or hashed ("h"), as they are."""
    seen: list[str] = []
    digest = file_keys.read_and_hash

    def count_decode(path: Path, *, size_px: int, clahe: bool, content: bytes | None) -> NDArray[np.uint8]:
        seen.append(f"d {path.name}")
        return read_image(path, size_px=size_px, clahe=clahe, content=content)

    def count_digest(path: Path, size: int) -> tuple[str, bytes | None]:
        seen.append(f"h {path.name}")
        return digest(path, size)

    monkeypatch.setattr(image_cache, "read_image", count_decode)
    monkeypatch.setattr(file_keys, "read_and_hash", count_digest)
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
        assert list(cache.load(asked).digests) == [hashlib.sha256(path.read_bytes()).hexdigest() for path in asked]


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


def unreadable(folder: Path, paths: list[Path]) -> dict[int, str]:
    """What is wrong with each path, by its place."""
    faults = ImageCache(StateFolder(folder / "state"), size_px=SIDE).load(paths).unreadable
    return {place: str(fault) for place, fault in faults.items()}


def test_every_file_that_cannot_be_read_is_named_and_the_others_have_rows(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20, 30)
    paths[0].write_bytes(b"no image")
    paths[2].unlink()
    named = unreadable(tmp_path, paths)
    assert named == {
        0: f"{paths[0]}: is not a PNG, JPEG or DICOM image",
        2: f"{paths[2]}: cannot be read: No such file or directory",
    }
    assert load(tmp_path, paths, rows=1) == [20]


def test_without_a_readable_file_there_is_no_row(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10)
    paths[0].write_bytes(b"no image")
    for _ in range(2):
        assert list(unreadable(tmp_path, paths)) == [0]
        assert load(tmp_path, paths, rows=0) == []


def test_an_unreadable_file_is_tried_once_and_again_when_it_changes(tmp_path: Path, reads: list[str]) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    good = paths[1].read_bytes()
    paths[1].write_bytes(b"no image")
    load(tmp_path, paths, rows=1)
    reads.clear()
    assert list(unreadable(tmp_path, paths)) == [1]
    assert reads == []
    paths[1].write_bytes(good)
    assert load(tmp_path, paths) == [10, 20]
    assert sorted(reads) == ["d 1.png", "h 1.png"]


def test_a_file_that_was_missing_is_looked_for_again(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    aside = paths[1].rename(tmp_path / "aside.png")
    assert load(tmp_path, paths, rows=1) == [10]
    aside.rename(paths[1])
    assert load(tmp_path, paths) == [10, 20]


def test_another_recipe_is_another_cache(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10)
    state = StateFolder(tmp_path / "state")
    plain = ImageCache(state, size_px=SIDE).load(paths).tensor.clone()
    lifted = ImageCache(state, size_px=SIDE, clahe=True).load(paths).tensor.clone()
    assert not torch.equal(plain, lifted)
    assert torch.equal(plain, ImageCache(state, size_px=SIDE).load(paths).tensor)


PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from glsmed.client.data import image_cache
from glsmed.client.data.image_cache import ImageCache
from glsmed.client.settings.state_folder import StateFolder

seen, read = [], image_cache.read_image
def slowly(path, **how):
    seen.append(path)
    if len(seen) > 6:
        os.write(1, b"decoding\\n")  # one write: several threads come here at once
        time.sleep(300)
    return read(path, **how)
image_cache.read_image = slowly
ImageCache(StateFolder(Path(sys.argv[1])), size_px=32).load([Path(name) for name in sys.argv[2:]])
"""


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with twelve pictures whose decoding was killed with SIGKILL when several of them were done."""
    folder = tmp_path_factory.mktemp("killed")
    paths = pictures(folder / "a", *range(10, 22))
    command = [sys.executable, "-c", PROGRAM, str(folder / "state"), *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "decoding\n"
        journal = partial_rows.partial_files(folder / "state" / "patients" / "images-32px.npy")[1]
        wait_for(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 4)
        process.kill()
    return folder


@pytest.fixture
def killed(tmp_path: Path, killed_once: Path) -> list[Path]:
    """The pictures and the state that the killed process left."""
    shutil.copytree(killed_once, tmp_path, dirs_exist_ok=True)
    return [tmp_path / "a" / f"{number}.png" for number in range(12)]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_decoding_goes_on_where_it_was_killed(tmp_path: Path, killed: list[Path], reads: list[str]) -> None:
    assert load(tmp_path, killed) == list(range(10, 22))
    decoded = {name for name in reads if name.startswith("d")}
    assert 0 < len(decoded) <= 8
    assert "d 0.png" not in decoded
    left = sorted(path.name for path in (tmp_path / "state" / "patients").iterdir())
    assert left == ["images-32px.json", "images-32px.npy"]


def test_what_was_decoded_before_the_kill_serves_another_list(
    tmp_path: Path, killed: list[Path], reads: list[str]
) -> None:
    assert load(tmp_path, [killed[11], killed[1], killed[0]]) == [21, 11, 10]
    assert [name for name in reads if name.startswith("d")] == ["d 11.png"]


def test_pixels_that_a_power_failure_lost_are_decoded_again(tmp_path: Path, killed: list[Path]) -> None:
    partial = partial_rows.partial_files(tmp_path / "state" / "patients" / "images-32px.npy")[0]
    spoiled = np.load(partial, mmap_mode="r+")
    spoiled[1] = 0
    spoiled.flush()
    assert load(tmp_path, killed) == list(range(10, 22))


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]\n", b'{"recipe": []}\n'])
def test_a_spoiled_journal_is_of_no_use_and_does_no_harm(tmp_path: Path, killed: list[Path], damage: bytes) -> None:
    partial_rows.partial_files(tmp_path / "state" / "patients" / "images-32px.npy")[1].write_bytes(damage)
    assert load(tmp_path, killed) == list(range(10, 22))


def test_temporary_files_of_killed_writers_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "state" / "patients").mkdir(parents=True)
    (tmp_path / "state" / "patients" / ".images-32px.npy.abcd1234").write_bytes(bytes(100))
    (tmp_path / "state" / "patients" / ".images-32px.json.abcd1234").write_bytes(bytes(100))
    (tmp_path / "state" / "patients" / ".another.json.abcd1234").write_bytes(bytes(100))
    load(tmp_path, pictures(tmp_path / "a", 10))
    assert [path.name for path in (tmp_path / "state" / "patients").glob(".*")] == [".another.json.abcd1234"]


def test_only_a_few_images_are_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: with all images begun at once, as many as there are would be decoded before the first."""
    paths = pictures(tmp_path / "a", *range(1, 61))
    decoded: list[Path] = []

    def count(path: Path, *, size_px: int, clahe: bool, content: bytes | None) -> NDArray[np.uint8]:
        decoded.append(path)
        return read_image(path, size_px=size_px, clahe=clahe, content=content)

    most_ahead = 0

    def slow_append(
        self: partial_rows.PartialRows, outcome: file_keys.Outcome, pixels: NDArray[np.uint8] | None
    ) -> None:
        nonlocal most_ahead
        time.sleep(0.005)
        append(self, outcome, pixels)
        most_ahead = max(most_ahead, len(decoded) - self._filled)

    append = partial_rows.PartialRows.append
    monkeypatch.setattr(image_cache, "read_image", count)
    monkeypatch.setattr(partial_rows.PartialRows, "append", slow_append)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    load(tmp_path, paths)
    assert most_ahead <= 4


@pytest.mark.parametrize("name", ["images-32px.json", "images-32px.npy"])
def test_a_spoiled_cache_is_made_anew(tmp_path: Path, name: str) -> None:
    paths = pictures(tmp_path / "a", 10, 20)
    load(tmp_path, paths)
    (tmp_path / "state" / name).write_bytes(b"{}")
    assert load(tmp_path, paths) == [10, 20]


def test_pixels_of_another_pipeline_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = pictures(tmp_path / "a", 10)
    monkeypatch.setattr(image_cache, "PIPELINE_VERSION", 0)
    monkeypatch.setattr(
        image_cache, "read_image", lambda path, *, size_px, clahe, content: np.zeros((size_px, size_px), np.uint8)
    )
    assert load(tmp_path, paths) == [0]
    monkeypatch.undo()
    assert load(tmp_path, paths) == [10]


def test_sizes_have_caches_of_their_own(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "a", 10)
    load(tmp_path, paths)
    assert ImageCache(StateFolder(tmp_path / "state"), size_px=48).load(paths).tensor.shape == (1, 1, 48, 48)
    assert load(tmp_path, paths) == [10]


def test_only_its_owner_can_read_the_cache(tmp_path: Path) -> None:
    load(tmp_path, pictures(tmp_path / "a", 10))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state" / "patients").iterdir()}
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
