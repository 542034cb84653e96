import math

import pytest
import torch

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.negative_rate_gate import decide_by_finding, gate_negative_rates, with_negative_rates
from glsmed.client.learning.negative_rates import NegativeRateGuard, NegativeRatesError
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection
from glsmed.shared.smoothing import rates_from_probability, smoothed_targets

CPU = torch.device("cpu")
STUDY = Study(
    study="s",
    findings=("effusion",),
    model=ModelSection(architecture="resnet10", image_size_px=32),
    training=TrainingSection(rounds=1, steps_per_round=1, batch_size=4),
)


def _examples(n: int, gold: int) -> Examples:
    labels = (torch.arange(n) % 2)[:, None].float()
    known = torch.full((n, 1), math.nan)
    known[:gold] = labels[:gold]
    return Examples(
        images=(labels * 200).byte()[:, :, None, None].expand(n, 1, 16, 16).contiguous(),
        targets=smoothed_targets(labels, torch.full((n, 1), 0.6)),
        weights=torch.ones(n, 1),
        gold=known,
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion",),
    )


def test_little_gold_leaves_every_rate_at_zero_or_above() -> None:
    splits = {"train": _examples(8, 0), "validation": _examples(10, 10), "test": _examples(4, 4)}
    learned = gate_negative_rates(splits, STUDY, device=CPU)  # type: ignore[arg-type]  # the three names of splits
    assert torch.equal(learned["train"].targets, splits["train"].targets)


def test_a_gate_in_warm_up_sees_no_gain() -> None:
    """With one round every mixing trains at r >= 0 or with the same clipped labels; the decision names the gain."""
    decisions = decide_by_finding(_examples(8, 0), _examples(60, 60), STUDY, guard=NegativeRateGuard(), device=CPU)
    assert set(decisions) == {"effusion"}
    assert decisions["effusion"].standard_error >= 0
    assert decisions["effusion"].mixing in (0.0, 0.5, 1.0)


def test_a_mixing_that_runs_away_is_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(model: object, examples: Examples, *_: object, **__: object) -> None:
        if float(examples.targets.max()) > 0.71:
            raise NegativeRatesError("effusion: logits run away")

    monkeypatch.setattr("glsmed.client.evaluation.negative_rate_gate.train", train)
    decisions = decide_by_finding(_examples(60, 0), _examples(60, 60), STUDY, guard=NegativeRateGuard(), device=CPU)
    assert decisions["effusion"].mixing == 0


def _blurred_truth(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every certain label is blurred to 0.7 or 0.3, and a model says its targets; returns the targets of 1 seen."""
    said: list[float] = []

    def train(model: object, examples: Examples, *_: object, **__: object) -> None:
        said.append(float(examples.targets.max()))

    def predict(model: object, examples: Examples, *, device: object) -> torch.Tensor:
        return (2 * examples.targets.round() - 1) * torch.tensor(min(said[-1], 0.999)).logit()

    monkeypatch.setattr("glsmed.client.evaluation.negative_rate_gate.train", train)
    monkeypatch.setattr("glsmed.client.evaluation.negative_rate_gate.predict_logits", predict)
    return said


def test_the_gate_opens_where_stretched_targets_fit_held_out_gold_better(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _blurred_truth(monkeypatch)
    unmapped = STUDY.model_copy(update={"model": STUDY.model.model_copy(update={"calibration_map": "off"})})
    splits: dict[SplitName, Examples] = {"train": _examples(60, 0), "validation": _examples(60, 60)}
    learned = gate_negative_rates(splits, unmapped, device=CPU)
    assert said[0] == pytest.approx(0.7)
    _, rates = rates_from_probability(learned["train"].targets)
    assert float(rates.max()) == pytest.approx(-0.45, abs=1e-6)  # of equals the smaller mixing, 0.5, is taken


def test_what_a_calibration_map_undoes_is_no_reason_to_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The models differ in how far apart they say present and absent, never in the order."""
    _blurred_truth(monkeypatch)
    validation = _examples(200, 200)
    validation.gold[::7] = 1 - validation.gold[::7]
    splits: dict[SplitName, Examples] = {"train": _examples(60, 0), "validation": validation}
    learned = gate_negative_rates(splits, STUDY, device=CPU)
    assert torch.equal(learned["train"].targets, splits["train"].targets)


def _two_findings() -> Examples:
    """Four images; the second has gold of both findings."""
    gold = torch.full((4, 2), math.nan)
    gold[1] = torch.tensor([0.0, 1.0])
    return Examples(
        images=torch.zeros(4, 1, 2, 2, dtype=torch.uint8),
        targets=torch.tensor([[0.7, 0.7], [0.3, 0.3], [0.3, 0.3], [0.7, 0.7]]),
        weights=torch.ones(4, 2),
        gold=gold,
        patients=("a", "b", "c", "d"),
        findings=("effusion", "nodule"),
    )


def test_negative_rates_move_words_but_not_gold_and_obey_the_cap() -> None:
    doubted = _two_findings()
    learned = with_negative_rates(doubted, torch.tensor([1.0, 0.0]), NegativeRateGuard(cap=0.1))
    assert learned.targets[0, 0] == pytest.approx(1.05)  # a rate of -0.1
    assert learned.targets[1].tolist() == pytest.approx([0.3, 0.3])
    assert torch.allclose(learned.targets[:, 1], doubted.targets[:, 1])


def test_mixing_zero_leaves_every_target() -> None:
    learned = with_negative_rates(_two_findings(), torch.zeros(2), NegativeRateGuard())
    assert torch.allclose(learned.targets, _two_findings().targets)
