import hashlib
from pathlib import Path

from glsmed.client.data.cache.file_keys import FileKey, Unreadable, is_current


def test_a_key_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    key = FileKey.of(path, None)
    assert key.digest == hashlib.sha256(b"one").hexdigest()
    assert is_current(path, key)
    assert is_current(path, Unreadable(str(path), "is no image", key))
    path.write_bytes(b"longer")
    assert not is_current(path, key)
    assert FileKey.of(path, key).digest == hashlib.sha256(b"longer").hexdigest()


def test_a_file_that_looks_unchanged_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stat = path.stat()
    assert FileKey.of(path, FileKey(str(path), stat.st_size, stat.st_ctime_ns, "known")).digest == "known"


def test_what_is_missing_or_elsewhere_is_not_current(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    key = FileKey.of(path, None)
    assert not is_current(tmp_path / "b", key)
    assert not is_current(path, Unreadable(str(path), "was not there"))
    path.unlink()
    assert not is_current(path, key)
