"""What each method learns from four statements, worked by hand."""

import math
from dataclasses import replace

import pytest
import torch

from glsmed.benchmarks.methods.catalogue import CANDIDATES, check_method, describe, make_method
from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, UNCERTAIN, UNMENTIONED
from glsmed.shared.errors import UsageError

NAN = math.nan


def cells(gold: tuple[float, ...] = (NAN, NAN, NAN, NAN)) -> Cells:
    """Present, absent, doubted and unmentioned, as two sites say them."""
    probability = torch.tensor([[0.9], [0.02], [0.35], [0.0]])
    return Cells(
        state=torch.tensor([[PRESENT], [ABSENT], [UNCERTAIN], [UNMENTIONED]]),
        probability=probability,
        spread=torch.full((4, 1), 0.1),
        posterior=torch.tensor([[0.8], [0.1], [0.5], [0.0]]),
        posterior_spread=torch.tensor([[0.2], [0.1], [0.25], [0.0]]),
        gold=torch.tensor(gold)[:, None],
        site=torch.tensor([0, 0, 1, 1]),
    )


def learned(name: str, candidate: int = 0, gold: tuple[float, ...] = (NAN, NAN, NAN, NAN)) -> Targets:
    said = cells(gold).with_gold_as_labels()
    return make_method(name, candidate=candidate).targets(said, torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "values", "weights"),
    [
        ("u-ones", [1.0, 0.0, 1.0], [1, 1, 1, 0]),
        ("u-zeros", [1.0, 0.0, 0.0], [1, 1, 1, 0]),
        ("u-ignore", [1.0, 0.0, None], [1, 1, 0, 0]),
        ("u-multiclass", [1.0, 0.0, 0.5], [1, 1, 1, 0]),
        ("ls", [0.9, 0.1, 0.9], [1, 1, 1, 0]),
        ("u-ones-ls", [0.9, 0.1, 0.9], [1, 1, 1, 0]),
        ("nls", [1.0, 0.0, 1.0], [1, 1, 1, 0]),
        ("gls-lexicon", [0.9, 0.02, 0.35], [1, 1, 1, 0]),
        ("gls-image-informed", [0.9, 0.02, 0.35], [1, 1, 1, 0]),
        ("gls-site", [0.8, 0.1, 0.5], [1, 1, 1, 0]),
        ("gls-site-spread", [0.8, 0.1, 0.5], [0.75, 1 - 0.01 / 0.09, 0.75, 0]),
    ],
)
def test_targets_by_hand(name: str, values: list[float | None], weights: list[float]) -> None:
    targets = learned(name)
    for place, value in enumerate(values):
        if value is not None:
            assert float(targets.values[place]) == pytest.approx(value)
    assert targets.weights[:, 0].tolist() == pytest.approx(weights, abs=1e-5)


def test_lsr_draws_doubt_between_055_and_085() -> None:
    many = replace(cells(), state=torch.full((500, 1), UNCERTAIN))
    drawn = make_method("u-ones-lsr").targets(many, torch.Generator().manual_seed(0)).values
    assert 0.55 <= float(drawn.min()) < 0.56
    assert 0.84 < float(drawn.max()) <= 0.85
    assert float(drawn.mean()) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("name", ["u-ones", "u-ignore", "gls-lexicon", "gls-site", "u-self-trained"])
def test_gold_replaces_words_and_silence(name: str) -> None:
    targets = learned(name, gold=(0.0, NAN, NAN, 1.0))
    assert targets.values[[0, 3], 0].tolist() == [0.0, 1.0]
    assert targets.weights[[0, 3], 0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", [name for name, makes in CANDIDATES.items() if len(makes) > 1])
def test_candidates_differ_in_what_doubt_counts_as(name: str) -> None:
    assert learned(name, 0).weights[:, 0].tolist() == [1, 1, 1, 0]
    assert learned(name, 1).weights[:, 0].tolist() == [1, 1, 0, 0]
    assert "doubted None" in describe(name, 1)


def test_self_training_labels_only_the_doubted_cells_softly() -> None:
    again = make_method("u-self-trained").second_stage(lambda: torch.full((4, 1), math.log(3)), cells())
    assert again is not None
    assert again.values[:3, 0].tolist() == pytest.approx([1.0, 0.0, 0.75])
    assert again.weights[:, 0].tolist() == [1, 1, 1, 0]


def test_an_unknown_method_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"u-one.*u-ones"):
        check_method("u-one")
