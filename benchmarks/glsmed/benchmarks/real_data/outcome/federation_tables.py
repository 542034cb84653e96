"""What hospitals gain by training together, in the round code of a real study."""

from collections.abc import Iterator, Mapping

import numpy as np

from glsmed.benchmarks.real_data.outcome.scores import ALL_CELLS, DOUBTED, LEAST_OF_A_CLASS, Scores
from glsmed.benchmarks.real_data.plans import BY_POLICY, FEDERATION_GOLD, FEDERATIONS, Arrays
from glsmed.benchmarks.real_data.runs import RealRuns
from glsmed.benchmarks.tables.paired_bootstrap import Interval, mean_of_known
from glsmed.shared.pages.blocks import Block, Heading, Paragraph, Table

_TOGETHER, _ALONE, _POOLED = FEDERATIONS
_COMPARED = ("auroc", "brier", "log_loss")
_SHOWN = ("auroc", "brier", "log_loss", "ece", "ece_floor", "calibration_slope")


def federation_blocks(runs: RealRuns, scores: Scores) -> Iterator[Block]:
    """Means, and the federation less the hospitals' own models and the pooled one; nothing where none was trained."""
    for gold in (0, FEDERATION_GOLD):
        jobs = {name: scores.jobs(name, gold) for name in FEDERATIONS}
        if not all(jobs.values()):
            continue
        yield Heading(f"Federation, {_gold_said(gold)}")
        means = {name: scores.means_of(each) for name, each in jobs.items()}
        rows = [[name, *_formatted(one)] for name, one in means.items()]
        yield Table(["model", *_SHOWN], rows, "with each hospital's output calibration, where it has gold to fit one")
        yield _gains(runs, scores, gold)
        yield Paragraph(_share_of_pooled(scores, gold))


def _gains(runs: RealRuns, scores: Scores, gold: int) -> Table:
    jobs = {name: scores.jobs(name, gold) for name in FEDERATIONS}
    first = runs.answers(jobs[_TOGETHER][0])
    sites = [site for number, site in enumerate(first["sites"].tolist()) if _is_enough(first, number)]
    rows = []
    for subset in (ALL_CELLS, *sites):
        cells = [
            _said(scores.less_jobs(jobs[_TOGETHER], jobs[other], metric, subset))
            for other in (_ALONE, _POOLED)
            for metric in ("auroc", "log_loss")
        ]
        rows.append([subset, *cells])
    header = ["hospital", "AUROC less its own", "log-loss less its own", "AUROC less pooled", "log-loss less pooled"]
    return Table(header, rows, "the federation less the other; * is clear of 0")


def policy_blocks(scores: Scores) -> Iterator[Block]:
    """The federation that learns doubt as a probability less the same one under each policy, all and doubted cells."""
    for gold in (0, FEDERATION_GOLD):
        together = scores.jobs(_TOGETHER, gold)
        by_policy = {name: found for name in BY_POLICY if (found := scores.jobs(name, gold))}
        if not together or not by_policy:
            continue
        yield Heading(f"Federations that make doubt 0 or 1, {_gold_said(gold)}")
        each = {(name, subset): jobs for name, jobs in by_policy.items() for subset in (ALL_CELLS, DOUBTED)}
        means = {key: scores.means_of(jobs, key[1]) for key, jobs in each.items()}
        means |= {(_TOGETHER, subset): scores.means_of(together, subset) for subset in (ALL_CELLS, DOUBTED)}
        yield Table(["model", "cells", *_SHOWN], [[*key, *_formatted(one)] for key, one in sorted(means.items())])
        rows = [
            [*key, *(_said(scores.less_jobs(together, jobs, metric, key[1])) for metric in _COMPARED)]
            for key, jobs in each.items()
        ]
        yield Table(["policy", "cells", *_COMPARED], rows, "doubt as a probability less the policy; * is clear of 0")


def _gold_said(gold: int) -> str:
    return f"{gold} gold labels of each hospital" if gold else "no gold"


def _formatted(means: Mapping[str, float]) -> list[str]:
    return [f"{means[metric]:.3f}" if metric in means else "" for metric in _SHOWN]


def _is_enough(kept: Arrays, number: int) -> bool:
    truth = kept["truth"][kept["site"] == number].astype(float)
    positives, negatives = np.nansum(truth == 1), np.nansum(truth == 0)
    return bool(min(positives, negatives) >= LEAST_OF_A_CLASS)


def _share_of_pooled(scores: Scores, gold: int) -> str:
    """Of what pooling gains over the hospitals' own models, how much the federation gains, with an interval."""
    drawn = {name: scores.samples(name, gold, "auroc") for name in FEDERATIONS}
    samples = {name: each for name, each in drawn.items() if each is not None}
    together, alone, pooled = (mean_of_known(samples[name]) for name in FEDERATIONS)
    gained, possible = together - alone, pooled - alone
    if possible[0] <= 0:
        return "Pooling gains nothing over the hospitals' own models here."
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(possible > 0, gained / possible, np.nan)
    low, high = np.nanpercentile(shares[1:], [2.5, 97.5])
    return (
        f"Of what pooling gains in AUROC over the hospitals' own models, the federation gains {shares[0]:.0%} "
        f"[{low:.0%}, {high:.0%}]."
    )


def _said(one: Interval | None) -> str:
    if one is None:
        return ""
    star = "*" if one.is_clear_of_zero else ""
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]{star}"
