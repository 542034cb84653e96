from pathlib import Path

import numpy as np
import pytest
import torch

from glsmed.benchmarks.simulator.drawn_examples import archived_examples, drawn_examples
from glsmed.benchmarks.simulator.sources import DRAWN, PNEUMONIA
from glsmed.shared.errors import UsageError


def test_targets_are_the_truth_and_a_seed_draws_the_same_patients() -> None:
    drawn, again, other = drawn_examples(8, seed=1), drawn_examples(8, seed=1), drawn_examples(8, seed=2)
    assert torch.equal(drawn.targets, drawn.gold)
    assert drawn.images.shape == (8, 1, 28, 28)
    assert len(set(drawn.patients)) == 8
    assert torch.equal(drawn.images, again.images)
    assert not torch.equal(drawn.images, other.images)


def test_an_archive_gives_each_picture_once_in_an_order_of_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 28, 28), dtype=np.uint8)
    (tmp_path / PNEUMONIA).mkdir()
    np.savez(tmp_path / PNEUMONIA / f"{PNEUMONIA}.npz", all_images=pixels, all_labels=np.arange(24) % 2)
    monkeypatch.setenv("GLSMED_DATA", str(tmp_path))
    first, second = archived_examples(PNEUMONIA, seed=1), archived_examples(PNEUMONIA, seed=2)
    assert sorted(first.patients) == sorted(second.patients) != list(first.patients)
    places = [int(name.partition("#")[2]) for name in first.patients]
    assert torch.equal(first.images[:, 0], torch.from_numpy(pixels[places]))
    assert first.gold[:, 0].tolist() == [place % 2 for place in places]


def test_drawn_pictures_are_no_archive() -> None:
    with pytest.raises(UsageError, match="expected real pictures"):
        archived_examples(DRAWN, seed=0)
