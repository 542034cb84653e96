import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from glsmed.server.folders.start_weights import describe_weights
from glsmed.shared.errors import DataError, UsageError


def saved(path: Path, **header: str) -> Path:
    save_file({"a": torch.zeros(2)}, path, metadata=header)
    return path


def test_name_hash_and_licence_of_the_header(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.safetensors", licence="MIT")
    described = describe_weights(path, licence=None)
    assert (described.file, described.licence) == ("w.safetensors", "MIT")
    assert described.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_given_licence_counts_first(tmp_path: Path) -> None:
    assert describe_weights(saved(tmp_path / "w.safetensors", licence="MIT"), licence="CC0-1.0").licence == "CC0-1.0"


def test_weights_without_a_licence_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="under which licence"):
        describe_weights(saved(tmp_path / "w.safetensors"), licence=None)


def test_a_name_that_cannot_stand_in_the_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"my weights\.safetensors: expected a file name of letters"):
        describe_weights(saved(tmp_path / "my weights.safetensors"), licence="MIT")


def test_a_torch_file_is_refused_with_the_command_for_it(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(DataError, match=r"flwr-server weights convert .*w\.pth --out w\.safetensors"):
        describe_weights(tmp_path / "w.pth", licence="MIT")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.safetensors: cannot be read"):
        describe_weights(tmp_path / "none.safetensors", licence="MIT")
