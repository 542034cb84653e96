"""Which round's model is kept, and what the run's summary says about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.robust_scores import polished
from glsmed.server.rounds.secure_sum.pooled_rows import is_of_a_sum
from glsmed.shared.metrics.composite import composite_of_finding
from glsmed.shared.metrics.macro import macro
from glsmed.shared.protocol.choice_settings import CompositeSection
from glsmed.shared.protocol.metric_names import (
    CALIBRATION_BINS,
    COUNT_PERMISSION,
    MISSING,
    MISSING_REASONS,
    permission_of,
)

Pair = tuple[str, str]  # site and finding
Scores = Mapping[int, Mapping[Pair, float]]  # by round

_FEWEST_FOR_A_MEDIAN = 3
_COMPOSITE = "composite"
_SIGNS = {_COMPOSITE: 1, "log_loss": 1, "auroc": -1}  # the first that sites let be known chooses; 1: low is good
_DECIMALS = 9  # means that differ by less are equal: sums of floats end a little apart


@dataclass(frozen=True, slots=True)
class Choice:
    """A round, and the validation metric that chose it (empty and None where there was nothing to compare).

    Attributes:
        over_sites: how the sites' numbers became one: their mean, from three sites on their median, or in a sum.
    """

    round: int
    metric: str = ""
    value: float | None = None
    over_sites: Literal["mean", "median", "pooled"] = "mean"

    def __str__(self) -> str:
        if self.value is None:
            return f"round {self.round} (the last: no site sent its validation metrics of two rounds)"
        return f"round {self.round} ({self.over_sites} validation {self.metric} {self.value:.4f})"


def choose_round(rows: Iterable[MetricRow], *, last: int, composite: CompositeSection | None = None) -> Choice:
    """The round with the lowest log-loss on the sites' validation splits; by AUROC where no site sends log-loss.

    A study may weigh errors itself: then the lowest composite score chooses, where sites send what it is made of.

    Of three sites or more the median decides, see :func:`_medians`: what one of them claims cannot choose. Of fewer it
    is the mean. Of sums too: each set of sites that added to some counts as a site, and sums of different sets are
    compared only where rounds have both.

    Log-loss, because the model's probabilities are what people use: it falls only when they improve, while AUROC is
    blind to calibration. Sites send neither of a finding with one class, so that none is chosen for denying what never
    occurs. A site that missed some rounds does not favour the others, see :func:`_means`. Of equal rounds the first is
    kept.

    Args:
        rows: numbers of all rounds; each pair of site and finding occurs once in a round and split.
        last: the round to keep when there is nothing to compare.
        composite: the study's weights, where its composite score chooses.
    """
    validation = [row for row in rows if row.split == "validation"]
    scored = validation if composite is None else [*_composite_rows(validation, composite), *validation]
    counts = {} if composite is None else composite.rare_findings
    for metric, sign in _SIGNS.items():
        rows_of_it = [row for row in scored if row.metric == metric]
        is_robust = len({row.site for row in rows_of_it if not is_of_a_sum(row.site)}) >= _FEWEST_FOR_A_MEDIAN
        times = counts if metric == _COMPOSITE else {}
        scores = _medians(rows_of_it, sign, times) if is_robust else _means(rows_of_it, times)
        if scores:
            best = min(scores, key=lambda number: (round(sign * scores[number], _DECIMALS), number))
            is_pooled = all(is_of_a_sum(row.site) for row in rows_of_it)
            return Choice(best, metric, scores[best], "pooled" if is_pooled else "median" if is_robust else "mean")
    return Choice(last)


def site_results(rows: Iterable[MetricRow]) -> dict[str, object]:
    """Numbers of one evaluation by site.

    The reference, each finding's metrics, their mean, other counts, why a finding lacks numbers, and bins of
    calibration; each as far as the site sent it.
    """
    by_site: dict[str, list[MetricRow]] = defaultdict(list)
    for row in rows:
        by_site[row.site].append(row)
    return {site: _one_site(own) for site, own in sorted(by_site.items())}


def _composite_rows(rows: Iterable[MetricRow], composite: CompositeSection) -> list[MetricRow]:
    """The composite score of each round, site and finding that has all its parts."""
    known: dict[tuple[int, str, str], dict[str, float]] = defaultdict(dict)
    references: dict[str, str] = {}
    for row in rows:
        if row.finding:
            known[row.round, row.site, row.finding][row.metric] = row.value
            references[row.site] = row.reference
    return [
        MetricRow(number, "validation", site, references[site], finding, _COMPOSITE, value)
        for (number, site, finding), metrics in known.items()
        if (value := composite_of_finding(metrics, composite.parts)) is not None
    ]


def _medians(rows: list[MetricRow], sign: int, times: Mapping[str, float]) -> Mapping[int, float]:
    """The median over sites of each round, as if all had measured it; see :func:`polished`.

    A site's number is its mean over findings, fitted to its own numbers alone. Rounds that a single site measured are
    left out, unless there are no others. Empty if there is nothing to compare.
    """
    scores: dict[int, dict[str, float]] = defaultdict(dict)
    for site in sorted({row.site for row in rows}):
        for number, value in _means([row for row in rows if row.site == site], times).items():
            scores[number][site] = sign * value
    common = {number: own for number, own in scores.items() if len(own) > 1} or scores
    groups = _comparable({number: {(site, ""): value for site, value in own.items()} for number, own in common.items()})
    chosen = max(groups, key=lambda numbers: (len(numbers), max(numbers)), default=set())
    if not chosen or len(chosen) == 1 < len(common):
        return {}
    return {number: sign * value for number, value in polished({one: common[one] for one in sorted(chosen)}).items()}


def _means(rows: list[MetricRow], times: Mapping[str, float]) -> Mapping[int, float]:
    """The mean that each round would have over all pairs of site and finding, also over those it lacks.

    Least squares of value = round + pair, which removes what makes one pair harder than others, whichever rounds lack
    it. Where every round has every pair, these are the plain means. Rounds that share no pair, not even through other
    rounds, cannot be compared: then the largest group that can be compared is used (of two as large, the later). Empty
    if that is one round of several. A finding counts so many ``times``, once where it is not named.
    """
    scores: dict[int, dict[Pair, float]] = defaultdict(dict)
    for row in rows:
        scores[row.round][row.site, row.finding] = row.value
    chosen = max(_comparable(scores), key=lambda numbers: (len(numbers), max(numbers)), default=set())
    if not chosen or len(chosen) == 1 < len(scores):
        return {}
    return _fitted({number: scores[number] for number in sorted(chosen)}, times)


def _comparable(scores: Scores) -> list[set[int]]:
    """The rounds in groups; those of different groups share no pair."""
    groups: list[tuple[set[int], set[Pair]]] = []
    for number, own in scores.items():
        near = [group for group in groups if group[1] & own.keys()]
        rounds = {number}.union(*(numbers for numbers, _ in near))
        pairs = set(own).union(*(pairs for _, pairs in near))
        groups = [*(group for group in groups if group not in near), (rounds, pairs)]
    return [numbers for numbers, _ in groups]


def _fitted(scores: Scores, times: Mapping[str, float]) -> Mapping[int, float]:
    """The effect of each round, the effects of pairs having mean 0: the normal equations with the rounds eliminated."""
    pairs = sorted({pair for own in scores.values() for pair in own})
    weights = np.array([times.get(finding, 1.0) for _, finding in pairs])
    known = np.array([[pair in own for pair in pairs] for own in scores.values()]) * weights
    values = np.array([[own.get(pair, 0.0) for pair in pairs] for own in scores.values()])
    share = known / known.sum(1, keepdims=True)
    system = np.diag(known.sum(0)) - known.T @ share
    excess = (known * (values - (share * values).sum(1, keepdims=True))).sum(0)
    effects = np.linalg.lstsq(system, excess, rcond=None)[0]
    effects -= weights @ effects / weights.sum()
    means = (share * (values - effects)).sum(1)
    return dict(zip(scores, means.tolist(), strict=True))


def _one_site(rows: list[MetricRow]) -> dict[str, object]:
    findings: dict[str, dict[str, float]] = defaultdict(dict)
    missing: dict[str, str] = {}
    for row in rows:
        if row.metric == MISSING:
            missing[row.finding] = MISSING_REASONS[round(row.value)]
        elif row.finding:
            findings[row.finding][row.metric] = row.value
    alone = {row.metric: row.value for row in rows if not row.finding}
    counts = {name: value for name, value in alone.items() if permission_of(name) == COUNT_PERMISSION}
    result = {"reference": rows[0].reference, "findings": dict(findings), "macro": macro(findings), "counts": counts}
    return {**result, "missing": missing, "calibration": _calibration(alone)}


def _calibration(numbers: Mapping[str, float]) -> list[dict[str, float]]:
    """Of each bin of probabilities that the site sent: cells, mean of what was said, share that was true."""
    names = ("cells", "said", "true")
    bins = [{name: numbers.get(f"calibration_{name}_{place}") for name in names} for place in range(CALIBRATION_BINS)]
    return [
        {name: value for name, value in one.items() if value is not None} for one in bins if None not in one.values()
    ]


def mean_line(rows: Iterable[MetricRow]) -> str:
    """One line for people: the means over sites and findings of what they sent, for instance ``auroc 0.8123``."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.metric in ("log_loss", "auroc", "ece"):
            values[row.metric].append(row.value)
    means = (f"{metric} {sum(numbers) / len(numbers):.4f}" for metric, numbers in sorted(values.items()))
    return ", ".join(means) or "not measured: no site sends its metrics"
