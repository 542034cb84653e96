"""Which round's model is kept, and what the run's summary says of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from glsmed.server.run_folder import MetricRow
from glsmed.shared.metrics import macro


@dataclass(frozen=True, slots=True)
class Choice:
    """A round, and the mean validation metric that it was chosen by (neither where no site sent any)."""

    round: int
    metric: str = ""
    value: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"round {self.round} (the last: no site sent its validation metrics of every round)"
        return f"round {self.round} (mean validation {self.metric} {self.value:.4f})"


def choose_round(rows: Iterable[MetricRow], *, last: int) -> Choice:
    """The round with the lowest mean log-loss on the sites' validation splits; by AUROC where no site sends log-loss.

    Log-loss, because the model's probabilities are the product: it falls only when they become truer, while AUROC is
    blind to calibration and undefined for a finding with one class. The mean is over those pairs of site and finding
    that every evaluated round has, so that a site that was away in some rounds favours none.

    Args:
        rows: numbers of all rounds; of one round and split each pair occurs once.
        last: the round to keep when there is nothing to choose by.
    """
    validation = [row for row in rows if row.split == "validation"]
    for metric, sign in (("log_loss", 1), ("auroc", -1)):
        means = _means([row for row in validation if row.metric == metric])
        if means:
            best = min(means, key=lambda number: (sign * means[number], number))
            return Choice(best, metric, means[best])
    return Choice(last)


def site_results(rows: Iterable[MetricRow]) -> dict[str, object]:
    """Numbers of one evaluation by site: the reference, each finding's metrics, their mean, and other counts."""
    by_site: dict[str, list[MetricRow]] = defaultdict(list)
    for row in rows:
        by_site[row.site].append(row)
    return {site: _one_site(own) for site, own in sorted(by_site.items())}


def _means(rows: list[MetricRow]) -> Mapping[int, float]:
    """The mean over the pairs that every round has; no round if there is no such pair."""
    by_round: dict[int, dict[tuple[str, str], float]] = defaultdict(dict)
    for row in rows:
        by_round[row.round][row.site, row.finding] = row.value
    if not by_round:
        return {}
    shared = set.intersection(*(set(values) for values in by_round.values()))
    return {number: sum(values[pair] for pair in shared) / len(shared) for number, values in by_round.items() if shared}


def _one_site(rows: list[MetricRow]) -> dict[str, object]:
    findings: dict[str, dict[str, float]] = defaultdict(dict)
    counts = {row.metric: row.value for row in rows if not row.finding}
    for row in rows:
        if row.finding:
            findings[row.finding][row.metric] = row.value
    return {"reference": rows[0].reference, "findings": dict(findings), "macro": macro(findings), "counts": counts}


def mean_line(rows: Iterable[MetricRow]) -> str:
    """One line for people: the means over sites and findings of what they sent, for instance ``auroc 0.8123``."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.metric in ("log_loss", "auroc", "ece"):
            values[row.metric].append(row.value)
    means = (f"{metric} {sum(numbers) / len(numbers):.4f}" for metric, numbers in sorted(values.items()))
    return ", ".join(means) or "not measured: no site sends its metrics"
