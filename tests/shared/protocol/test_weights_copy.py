import hashlib
from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.protocol.network_settings import InitialWeights
from glsmed.shared.protocol.weights_copy import copy_weights

WEIGHTS = InitialWeights(file="w.safetensors", sha256=hashlib.sha256(b"weights").hexdigest(), licence="MIT")


def source(folder: Path, content: bytes = b"weights") -> Path:
    path = folder / "as-it-came.safetensors"
    path.write_bytes(content)
    return path


def test_a_copy_has_the_studys_name(tmp_path: Path) -> None:
    copy_weights(source(tmp_path), tmp_path / "site", WEIGHTS)
    assert (tmp_path / "site/w.safetensors").read_bytes() == b"weights"


def test_another_file_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is another file than the study names"):
        copy_weights(source(tmp_path, b"others"), tmp_path / "site", WEIGHTS)
    assert list((tmp_path / "site").iterdir()) == []


def test_what_is_there_already_needs_no_source(tmp_path: Path) -> None:
    copy_weights(source(tmp_path), tmp_path / "site", WEIGHTS)
    copy_weights(tmp_path / "gone", tmp_path / "site", WEIGHTS)
    with pytest.raises(DataError, match="gone: no such file"):
        copy_weights(tmp_path / "gone", tmp_path / "other", WEIGHTS)
