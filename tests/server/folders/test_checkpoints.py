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
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Arrays, ModelLayout

MODEL = {"z": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array(9), "a": np.ones((), dtype=np.float32)}
LAYOUT = ModelLayout(ModelManifest.of_arrays(MODEL))
STUDY = "ab" * 32
SITES = {"st-mary": 40, "sakura": 7}


def _save(folder: CheckpointFolder, round_number: int, model: Arrays = MODEL) -> Checkpoint:
    layout = ModelLayout(ModelManifest.of_arrays(model))
    stretches = {dtype: [values] for dtype, values in layout.pack(model).items()}
    return folder.save(round_number, stretches, layout, study_digest=STUDY, sites=SITES)


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
    _save(folder, 12)
    loaded = folder.load(12, study_digests={STUDY})
    arrays = loaded.model.arrays()
    assert (loaded.round, loaded.sites, list(arrays)) == (12, SITES, ["z", "steps", "a"])
    assert all(np.array_equal(arrays[name], array) for name, array in MODEL.items())


def test_any_safetensors_reader_finds_the_arrays_the_round_and_the_sites(tmp_path: Path) -> None:
    _save(CheckpointFolder(tmp_path), 3)
    with safe_open(tmp_path / "round-0003.safetensors", framework="pt") as source:
        assert source.metadata()["sites"] == '{"sakura": 7, "st-mary": 40}'
        assert torch.equal(source.get_tensor("z"), torch.arange(6.0).reshape(2, 3))
        assert (source.get_tensor("steps").item(), source.get_tensor("a").shape) == (9, ())


def test_a_study_begins_with_round_0(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.begin(MODEL, study_digest=STUDY)
    assert (folder.latest(), folder.load(0, study_digests={STUDY}).sites) == (0, {})


def test_rounds_that_are_not_kept_are_removed_with_what_a_rule_kept(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for number in (1, 2, 3):
        _save(folder, number)
        (tmp_path / f"round-{number:04d}.momentum.f32").touch()
    folder.prune({1, 3})
    assert folder.rounds() == [1, 3]
    assert not (tmp_path / "round-0002.momentum.f32").exists()


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
    _save(folder, 1)
    large = {**MODEL, "z": np.zeros((200, 300), dtype=np.float32)}
    with _disk_full_after(1000), pytest.raises(FederationError, match=r"round-0002\.safetensors cannot be written"):
        _save(folder, 2, large)
    assert [path.name for path in tmp_path.iterdir()] == ["round-0001.safetensors"]
    assert folder.load(1, study_digests={STUDY}).round == 1


def test_a_checkpoint_of_another_study_is_not_taken_up(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    _save(folder, 1)
    with pytest.raises(FederationError, match="of another study"):
        folder.load(1, study_digests={"cd" * 32})
    assert folder.load(1, study_digests={"cd" * 32, STUDY}).round == 1


def test_a_checkpoint_that_is_not_kept_is_missing_and_the_others_are_named(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    with pytest.raises(FederationError, match="there is no such checkpoint; of rounds there are none"):
        folder.load(2, study_digests={STUDY})
    _save(folder, 1)
    _save(folder, 3)
    with pytest.raises(FederationError, match="is missing: there is no such checkpoint; of rounds there are 1, 3"):
        folder.load(2, study_digests={STUDY})


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"torn"])
def test_a_damaged_checkpoint_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    folder = CheckpointFolder(tmp_path)
    _save(folder, 1)
    folder.path(1).write_bytes(content)
    with pytest.raises(FederationError, match=r"is damaged .*: remove it"):
        folder.load(1, study_digests={STUDY})


def test_a_checkpoint_that_was_cut_short_is_damaged(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    whole = _save(folder, 1).model.path.read_bytes()
    folder.path(1).write_bytes(whole[:-1])
    with pytest.raises(FederationError, match="it is cut short"):
        folder.load(1, study_digests={STUDY})
