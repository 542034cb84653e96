import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from glsmed.server.folders.checkpoints import Checkpoint, CheckpointFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.model_manifest import ModelManifest

MODEL = {"z": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array(9), "a": np.ones((), dtype=np.float16)}
MANIFEST = ModelManifest.of({name: torch.from_numpy(array) for name, array in MODEL.items()})


def _checkpoint(round_number: int, **model: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Checkpoint:
    return Checkpoint(
        round=round_number,
        study_digest="ab" * 32,
        manifest_digest=MANIFEST.digest(),
        sites={"st-mary": 40, "sakura": 7},
        model={**MODEL, **model},
    )


@contextmanager
def _disk_full_after(size: int) -> Iterator[None]:
    """Writing past ``size`` bytes of any file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_checkpoint_comes_back_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "checkpoints")
    folder.save(_checkpoint(12))
    loaded = folder.load(12, MANIFEST, study_digest="ab" * 32)
    assert (loaded.round, loaded.sites, list(loaded.model)) == (12, {"st-mary": 40, "sakura": 7}, ["z", "steps", "a"])
    assert all(np.array_equal(loaded.model[name], array) for name, array in MODEL.items())


def test_any_safetensors_reader_finds_the_round_and_the_sites(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(_checkpoint(3))
    with safe_open(tmp_path / "round-0003.safetensors", framework="pt") as source:
        assert source.metadata()["sites"] == '{"sakura": 7, "st-mary": 40}'
        assert torch.equal(source.get_tensor("z"), torch.arange(6.0).reshape(2, 3))


def test_a_read_only_view_can_be_saved(tmp_path: Path) -> None:
    view = np.frombuffer(bytes(24), dtype=np.float32).reshape(2, 3)
    CheckpointFolder(tmp_path).save(_checkpoint(1, z=view))


def test_the_latest_round_is_found_by_number_and_strangers_are_ignored(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    assert folder.latest() is None
    for name in (
        "round-0009.safetensors",
        "round-10000.safetensors",
        "round-x.safetensors",
        ".round-99999.safetensors.tmp",
    ):
        (tmp_path / name).touch()
    assert folder.latest() == 10_000


def test_a_full_disk_is_one_clear_error_and_leaves_the_earlier_checkpoint(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(_checkpoint(1))
    with _disk_full_after(1000), pytest.raises(FederationError, match=r"round-0002\.safetensors cannot be written"):
        folder.save(_checkpoint(2, z=np.zeros((200, 300), dtype=np.float32)))
    assert [path.name for path in tmp_path.iterdir()] == ["round-0001.safetensors"]
    assert folder.load(1, MANIFEST, study_digest="ab" * 32).round == 1


def test_a_checkpoint_of_another_study_is_not_taken_up(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(_checkpoint(1, z=np.zeros((2, 4), dtype=np.float32)))
    with pytest.raises(FederationError, match="of another study"):
        folder.load(1, MANIFEST, study_digest="cd" * 32)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"torn"])
def test_a_damaged_checkpoint_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(_checkpoint(1))
    folder.path(1).write_bytes(content)
    with pytest.raises(FederationError, match=r"is damaged .*: remove it"):
        folder.load(1, MANIFEST, study_digest="ab" * 32)


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(_checkpoint(1, z=np.zeros((2, 4), dtype=np.float32)))
    with pytest.raises(FederationError, match="'z' has shape"):
        folder.load(1, MANIFEST, study_digest="ab" * 32)
