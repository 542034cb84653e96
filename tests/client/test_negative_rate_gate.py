import math

import torch

from glsmed.client.examples import Examples
from glsmed.client.negative_rate_gate import decide_by_finding, gate_negative_rates
from glsmed.shared.negative_rates import NegativeRateGuard
from glsmed.shared.study import ModelSection, Study, TrainingSection

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
        labels=labels,
        rates=torch.full((n, 1), 0.6),
        weights=torch.ones(n, 1),
        gold=known,
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion",),
    )


def test_little_gold_leaves_every_rate_at_zero_or_above() -> None:
    splits = {"train": _examples(8, 0), "validation": _examples(10, 10), "test": _examples(4, 4)}
    learned = gate_negative_rates(splits, STUDY, device=CPU)  # type: ignore[arg-type]  # the three names of splits
    assert torch.equal(learned["train"].rates, splits["train"].rates)


def test_a_gate_in_warm_up_sees_no_gain() -> None:
    """With one round every mixing trains at r >= 0 or with the same clipped labels; the decision names the gain."""
    decisions = decide_by_finding(_examples(8, 0), _examples(60, 60), STUDY, guard=NegativeRateGuard(), device=CPU)
    assert set(decisions) == {"effusion"}
    assert decisions["effusion"].standard_error >= 0
    assert decisions["effusion"].mixing in (0.0, 0.5, 1.0)
