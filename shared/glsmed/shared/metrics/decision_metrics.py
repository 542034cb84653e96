"""What a threshold on a probability costs and saves: false alerts, net benefit, and the gap between hospitals."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

SENSITIVITIES = (0.90, 0.95)
RATE = 0.9  # of the present findings found, or of the absent ones left alone, where the other error is measured
NET_BENEFIT_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 11))  # 5 % to 50 %


def threshold_at_sensitivity(probability: Tensor, truth: Tensor, sensitivity: float) -> float:
    """The largest threshold at which at least this share of the positives is called (probability >= threshold).

    Raises:
        ValueError: there is no positive, or the sensitivity is not in (0, 1].
    """
    positives = probability[truth > 0].sort(descending=True).values
    if len(positives) == 0 or not 0 < sensitivity <= 1:
        raise ValueError(
            f"no threshold: expected positives and a sensitivity in (0, 1], got {len(positives)} positives and "
            f"{sensitivity}"
        )
    needed = math.ceil(sensitivity * len(positives) - 1e-9)
    return float(positives[needed - 1])


def false_alerts_per_100(probability: Tensor, truth: Tensor, threshold: float) -> float:
    """False alerts in 100 examinations where everything at the threshold and above is called."""
    called = (probability >= threshold) & (truth <= 0)
    return 100 * float(called.double().mean())


def false_alert_rate(probability: Tensor, truth: Tensor) -> float:
    """Share of the absent findings that are called where 90 % of the present ones are; both must occur."""
    threshold = threshold_at_sensitivity(probability, truth, RATE)
    return float((probability[truth <= 0] >= threshold).double().mean())


def miss_rate(probability: Tensor, truth: Tensor) -> float:
    """Share of the present findings that are missed where at most 10 % of the absent ones are called; both must occur.

    It does not depend on how common the finding is, as :func:`false_alert_rate` does not.
    """
    absent = probability[truth <= 0].sort(descending=True).values
    highest_silent = absent[math.floor((1 - RATE) * len(absent) + 1e-9)]
    return float((probability[truth > 0] <= highest_silent).double().mean())


def net_benefit(probability: Tensor, truth: Tensor, threshold: float) -> float:
    """True positives less false ones at the threshold's odds, per examination (Vickers and Elkin 2006).

    Raises:
        ValueError: the threshold is not in (0, 1).
    """
    if not 0 < threshold < 1:
        raise ValueError(f"expected a threshold in (0, 1), got {threshold}")
    called = probability >= threshold
    true = (called & (truth > 0)).double().mean()
    false = (called & (truth <= 0)).double().mean()
    return float(true - false * threshold / (1 - threshold))


def mean_net_benefit(
    probability: Tensor, truth: Tensor, *, thresholds: Sequence[float] = NET_BENEFIT_THRESHOLDS
) -> float:
    """The mean of :func:`net_benefit` over thresholds, by default 5 % to 50 %."""
    return sum(net_benefit(probability, truth, threshold) for threshold in thresholds) / len(thresholds)


def net_benefit_of_all(truth: Tensor, threshold: float) -> float:
    """Net benefit of calling every examination."""
    return net_benefit(torch.ones(len(truth)), truth, threshold)


def worst_site_gap(by_site: Mapping[str, float], *, higher_is_better: bool) -> float:
    """How much worse the worst site is than the mean of the sites; 0 or more.

    Raises:
        ValueError: there is no site.
    """
    if not by_site:
        raise ValueError("expected the metric of at least one site, got none: no site, no gap")
    mean = sum(by_site.values()) / len(by_site)
    return mean - min(by_site.values()) if higher_is_better else max(by_site.values()) - mean
