import hashlib
from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.files.file_digest import file_digest


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3_000_000)])
def test_the_digest_is_that_of_the_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert file_digest(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: cannot be read: No such file"):
        file_digest(tmp_path / "none")
