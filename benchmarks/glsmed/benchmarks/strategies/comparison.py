"""What each strategy is worth: means over seeds, and paired differences with intervals, per hospital and over all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.strategies.catalogue import KNOWN, LOCAL, POOLED, REFERENCE
from glsmed.benchmarks.strategies.runs import Plan, Runs
from glsmed.benchmarks.strategies.trial import Job
from glsmed.benchmarks.tables.paired_bootstrap import METRICS, Interval, Values, bootstrap_samples, interval_of

SHOWN = ("auroc", "brier", "log_loss")
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy.

    Attributes:
        means: of each metric over hospitals and seeds.
        worst_site: the lowest of the hospitals' AUROC, the mean over seeds.
        less_reference: by metric: the strategy less the one that it is compared with.
        less_local: by hospital, and ``all``: its AUROC less that of the hospital's own model.
        less_pooled: its AUROC less that of the pooled model.
    """

    means: Mapping[str, float]
    worst_site: float
    less_reference: Mapping[str, Interval]
    less_local: Mapping[str, Interval]
    less_pooled: Interval | None


class Comparison:
    """The table of a plan whose jobs are done."""

    def __init__(self, plan: Plan, runs: Runs) -> None:
        self._plan = plan
        self._runs = runs
        self._seeds = range(plan.seeds)
        self._samples: dict[tuple[str, int, str, str], Values] = {}

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The hospitals, by name."""
        return tuple(self._runs.answers(Job(self._plan.names[0], 0)))

    def rows(self) -> dict[str, Row]:
        """By strategy and baseline."""
        return {name: self._row(name) for name in self._plan.names}

    def _row(self, name: str) -> Row:
        reference = KNOWN[name].reference if name in KNOWN else REFERENCE
        has = set(self._plan.names).__contains__
        compared = has(reference) and name not in (reference, LOCAL, POOLED)
        with_local = has(LOCAL) and name != LOCAL
        return Row(
            means={metric: self._mean(name, metric) for metric in SHOWN},
            worst_site=float(np.mean([self._worst(name, seed) for seed in self._seeds])),
            less_reference={metric: self._less(name, reference, metric) for metric in SHOWN} if compared else {},
            less_local={
                site: self._less(name, LOCAL, "auroc", site=site) for site in ("all", *self.sites) if with_local
            },
            less_pooled=self._less(name, POOLED, "auroc") if has(POOLED) and name != POOLED else None,
        )

    def _mean(self, name: str, metric: str) -> float:
        return float(np.mean([self._sampled(name, seed, metric, "all")[0] for seed in self._seeds]))

    def _worst(self, name: str, seed: int) -> float:
        return min(float(self._sampled(name, seed, "auroc", site)[0]) for site in self.sites)

    def _less(self, first: str, second: str, metric: str, *, site: str = "all") -> Interval:
        each = [[self._sampled(name, seed, metric, site) for seed in self._seeds] for name in (first, second)]
        return interval_of(each[0], each[1])

    def _sampled(self, name: str, seed: int, metric: str, site: str) -> Values:
        """The mean over hospitals of a metric within each, as it is and in samples of the patients."""
        key = (name, seed, metric, site)
        if key not in self._samples:
            probability, truth, groups = self._answers(name, seed, site)
            self._samples[key] = bootstrap_samples(
                probability, truth, METRICS[metric], groups=groups, seed=seed, draws=_DRAWS
            )
        return self._samples[key]

    def _answers(self, name: str, seed: int, site: str) -> tuple[Values, Values, NDArray[np.integer]]:
        of_sites = self._runs.answers(Job(name, seed))
        chosen = [one for own, one in of_sites.items() if site in ("all", own)]
        groups = np.repeat(np.arange(len(chosen)), [len(one.truth) for one in chosen])
        joined = (np.concatenate([getattr(one, part) for one in chosen]) for part in ("probability", "truth"))
        probability, truth = joined
        return probability, truth, groups


def recommended(rows: Mapping[str, Row]) -> tuple[str, str]:
    """The strategy to begin with, and why in words.

    The plain mean, unless another is clear of it in log-loss and not behind in AUROC; of several the one with the
    lowest log-loss.
    """
    better = [name for name, row in rows.items() if is_better(row)]
    if not better:
        return REFERENCE, "no strategy is clear of the plain mean in log-loss without being behind in AUROC"
    best = min(better, key=lambda name: rows[name].means["log_loss"])
    gain = rows[best].less_reference
    return best, (
        f"log-loss {_said(gain['log_loss'])} and AUROC {_said(gain['auroc'])} less {KNOWN[best].reference}; "
        f"clear of it too: {', '.join(name for name in better if name != best) or 'none'}"
    )


def _said(interval: Interval) -> str:
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def is_better(row: Row) -> bool:
    """Whether a strategy is clear of its reference in log-loss and not behind in AUROC."""
    gain = row.less_reference
    return bool(gain) and gain["log_loss"].high < 0 and gain["auroc"].high > 0


def in_words(plan: Plan) -> str:
    """What was compared, for a heading."""
    settings = plan.settings
    return (
        f"{plan.pixels}, {plan.scenario}, {plan.studies} examinations at each hospital, {plan.seeds} seeds, "
        f"{settings.rounds} rounds of {settings.steps_per_round} steps"
    )


def tables_markdown(plan: Plan, rows: Mapping[str, Row], sites: Sequence[str]) -> str:
    """Two tables and the recommendation, as docs/evidence.md takes them; an interval clear of 0 is bold."""
    name, why = recommended(rows)
    lines = [
        f"# Strategies: {in_words(plan)}",
        "",
        *worth_table(rows),
        "",
        *_per_site(rows, sites),
        "",
        f"Begin with `{name}`: {why}.",
    ]
    return "\n".join(lines) + "\n"


def worth_table(rows: Mapping[str, Row]) -> list[str]:
    """The lines of a table: what each strategy came to, and that less its reference."""
    head = ["strategy", "AUROC", "worst site", "log-loss", "AUROC less its reference", "log-loss less its reference"]
    body = [
        [
            f"`{name}`",
            f"{row.means['auroc']:.4f}",
            f"{row.worst_site:.4f}",
            f"{row.means['log_loss']:.4f}",
            *(_cell(row.less_reference.get(metric)) for metric in ("auroc", "log_loss")),
        ]
        for name, row in rows.items()
    ]
    return _table(head, body)


def _per_site(rows: Mapping[str, Row], sites: Sequence[str]) -> list[str]:
    head = ["strategy", *(f"{site} less its own" for site in sites), "all less their own", "less pooled"]
    body = [
        [f"`{name}`", *(_cell(row.less_local.get(site)) for site in (*sites, "all")), _cell(row.less_pooled)]
        for name, row in rows.items()
    ]
    return _table(head, body)


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"**{_said(interval)}**" if interval.is_clear_of_zero else _said(interval)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]
