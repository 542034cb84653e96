import hashlib
from pathlib import Path

import pytest

from glsmed.client.data.cache import file_keys
from glsmed.client.data.cache.file_keys import FileKey, Unreadable, is_current


def test_a_key_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    key, content = FileKey.read(path, None)
    assert (key.digest, content) == (hashlib.sha256(b"one").hexdigest(), b"one")
    assert is_current(path, key)
    assert is_current(path, Unreadable(str(path), "is no image", key))
    path.write_bytes(b"longer")
    assert not is_current(path, key)
    assert FileKey.read(path, key)[0].digest == hashlib.sha256(b"longer").hexdigest()


def test_a_file_that_looks_unchanged_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stat = path.stat()
    key, content = FileKey.read(path, FileKey(str(path), stat.st_size, stat.st_ctime_ns, "known"))
    assert (key.digest, content) == ("known", None)


def test_a_large_file_is_hashed_without_being_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_keys, "_READ_AT_ONCE", 2)
    (tmp_path / "a").write_bytes(b"one")
    key, content = FileKey.read(tmp_path / "a", None)
    assert (key.digest, content) == (hashlib.sha256(b"one").hexdigest(), None)


def test_what_is_missing_or_elsewhere_is_not_current(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    key, _ = FileKey.read(path, None)
    assert not is_current(tmp_path / "b", key)
    assert not is_current(path, Unreadable(str(path), "was not there"))
    path.unlink()
    assert not is_current(path, key)
