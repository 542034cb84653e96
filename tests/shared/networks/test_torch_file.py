from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.networks.torch_file import convert_torch_file

WEIGHTS = OrderedDict(conv=torch.arange(6.0).view(2, 3).t(), bias=torch.ones(2).half())


class OfAFramework:
    """What must not be opened."""


def converted(folder: Path, content: object, *, entry: str | None = None) -> dict[str, torch.Tensor]:
    source, target = folder / "weights.pth", folder / "weights.safetensors"
    torch.save(content, source)
    convert_torch_file(source, target, entry=entry, licence="MIT")
    return load_file(target)


@pytest.mark.parametrize(
    "content",
    [
        WEIGHTS,
        {"state_dict": WEIGHTS, "epoch": 3},
        {"model": {"net": WEIGHTS}, "optimizer": {"state": {0: {"step": torch.tensor(1)}}}, "args": None},
    ],
)
def test_the_weights_of_a_file_are_found_and_kept_bit_by_bit(tmp_path: Path, content: object) -> None:
    got = converted(tmp_path, content)
    assert set(got) == set(WEIGHTS)
    assert all(torch.equal(got[name], value) and got[name].dtype == value.dtype for name, value in WEIGHTS.items())


def test_where_they_come_from_is_in_the_header(tmp_path: Path) -> None:
    converted(tmp_path, WEIGHTS)
    with safe_open(tmp_path / "weights.safetensors", framework="pt") as file:
        header = file.metadata()
    assert header["source"] == "weights.pth"
    assert header["licence"] == "MIT"
    assert len(header["source_sha256"]) == 64


def test_tensors_that_share_memory_are_written_twice(tmp_path: Path) -> None:
    got = converted(tmp_path, {"a": WEIGHTS["conv"], "b": WEIGHTS["conv"]})
    assert torch.equal(got["a"], got["b"])


def test_of_two_parts_one_must_be_chosen(tmp_path: Path) -> None:
    both = {"teacher": WEIGHTS, "student": {name: value + 1 for name, value in WEIGHTS.items()}}
    with pytest.raises(UsageError, match="say which part holds the weights: --entry with one of student, teacher"):
        converted(tmp_path, both)
    assert torch.equal(converted(tmp_path, both, entry="student")["bias"], WEIGHTS["bias"] + 1)
    with pytest.raises(UsageError, match="there is no part 'pupil'"):
        converted(tmp_path, both, entry="pupil")


def test_a_file_that_could_run_code_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds an object of .*OfAFramework beside its tensors"):
        converted(tmp_path, {"state_dict": WEIGHTS, "config": OfAFramework()})
    assert not (tmp_path / "weights.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"not a torch file at all", b"PK\x03\x04 broken"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"weights\.pth: "):
        convert_torch_file(tmp_path / "weights.pth", tmp_path / "weights.safetensors")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.pth: no such file"):
        convert_torch_file(tmp_path / "none.pth", tmp_path / "weights.safetensors")


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no tensors by name"):
        converted(tmp_path, {"epoch": 3})


def test_the_target_is_a_safetensors_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a name that ends in \.safetensors"):
        convert_torch_file(tmp_path / "weights.pth", tmp_path / "weights.bin")
