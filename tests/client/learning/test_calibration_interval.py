import math

import pytest
import torch
from torch import Tensor

from glsmed.client.learning.calibration_interval import FindingInterval, fit_intervals
from glsmed.client.learning.output_calibration import CalibrationKind, fit_output_calibration

AT = torch.linspace(-3, 3, 13)


def _drawn(n: int, slope: float, intercept: float, *, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, 1, generator=generator)
    return logits, (torch.rand(n, 1, generator=generator) < (slope * logits + intercept).sigmoid()).float()


def _names(n: int) -> list[str]:
    return [f"p{number}" for number in range(n)]


def _covered(n: int, *, slope: float, intercept: float, seed: int, kind: CalibrationKind = "platt") -> float:
    """The share of places at which the interval holds the probability that the gold labels were drawn from."""
    logits, gold = _drawn(n, slope, intercept, seed=seed)
    interval = fit_intervals(logits, gold, _names(n), ("effusion",), kind=kind)["effusion"]
    said = fit_output_calibration(logits, gold, ("effusion",), kind=kind).probabilities(AT[:, None])[:, 0]
    low, high = interval.around(AT, said)
    true = (slope * AT + intercept).sigmoid()
    return float(((low <= true) & (true <= high)).float().mean())


@pytest.mark.parametrize(("n", "slope", "intercept"), [(40, 0.6, 0.0), (80, 1.5, -1.0)])
def test_it_covers_the_true_probability_about_as_often_as_it_says(n: int, slope: float, intercept: float) -> None:
    shares = [_covered(n, slope=slope, intercept=intercept, seed=seed) for seed in range(40)]
    assert 0.88 <= sum(shares) / len(shares) <= 1.0


def test_an_isotonic_curve_is_covered_too() -> None:
    assert _covered(600, slope=0.8, intercept=-1.0, seed=1, kind="isotonic") >= 0.8


def test_more_gold_makes_it_narrower() -> None:
    widths = []
    for n in (40, 400):
        logits, gold = _drawn(n, 1.0, 0.0, seed=0)
        interval = fit_intervals(logits, gold, _names(n), ("effusion",))["effusion"]
        low, high = interval.around(AT, AT.sigmoid())
        widths.append(float((high - low).mean()))
    assert widths[1] < widths[0] / 2


def test_ten_images_of_each_patient_are_not_ten_patients() -> None:
    logits, gold = _drawn(60, 1.0, 0.0, seed=0)
    many = fit_intervals(logits.repeat(10, 1), gold.repeat(10, 1), _names(600), ("effusion",))["effusion"]
    same = fit_intervals(logits.repeat(10, 1), gold.repeat(10, 1), _names(60) * 10, ("effusion",))["effusion"]
    low, high = (torch.stack(pair) for pair in zip(many.around(AT, AT.sigmoid()), same.around(AT, AT.sigmoid())))  # noqa: B905  # two pairs
    assert float((high[1] - high[0]).mean()) > 0 or float((low[1] - low[0]).mean()) < 0
    widths = [
        float((each.around(AT, AT.sigmoid())[1] - each.around(AT, AT.sigmoid())[0]).mean()) for each in (many, same)
    ]
    assert widths[1] > 2 * widths[0]


def test_the_probability_itself_always_lies_within() -> None:
    interval = FindingInterval(band=((-1.0, 0.2, 0.4), (1.0, 0.6, 0.7)), gold_cells=50)
    low, high = interval.around(torch.tensor([-1.0, 0.0, 9.0]), torch.tensor([0.5, 0.5, 0.99]))
    assert low.tolist() == pytest.approx([0.2, 0.4, 0.7 - 0.1])
    assert high.tolist() == pytest.approx([0.5, 0.55, 0.99])


def test_a_finding_with_too_little_gold_has_none() -> None:
    logits, gold = _drawn(40, 1.0, 0.0, seed=0)
    scarce = gold.clone()
    scarce[10:] = math.nan
    both = fit_intervals(logits.repeat(1, 2), torch.cat([gold, scarce], 1), _names(40), ("effusion", "nodule"))
    assert list(both) == ["effusion"]


def test_cells_that_the_model_learned_from_are_counted() -> None:
    logits, gold = _drawn(40, 1.0, 0.0, seed=0)
    learned = torch.arange(40) < 15
    interval = fit_intervals(logits, gold, _names(40), ("effusion",), learned_from=learned)["effusion"]
    assert (interval.gold_cells, interval.training_cells) == (40, 15)
