"""Counts of an adapter's cues for the federation, and the prior that comes back."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from glsmed.shared.cue_calibration.cue_counts import CueCount
from glsmed.shared.cue_calibration.family_shifts import shifted
from glsmed.shared.cue_calibration.shared_prior import LEAST_MEAN, SharedPrior
from glsmed.shared.files.documents import load
from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned


def count_cues(adapter: Adapter, cells: Sequence[GoldCell]) -> list[CueCount]:
    """Trials and successes of each cue that decided a labelled cell; a report counts once for each finding.

    Combinations of cues and cells whose alternatives share a cue are left out: they say nothing of a single cue.
    """
    values: dict[str, list[float]] = {}
    for gold, cell in mentioned(cells):
        if cell.cue in adapter.cues and cell.share == 1:
            values.setdefault(cell.cue, []).append(gold.value)
    return [_count(adapter, cue_id, labels) for cue_id, labels in sorted(values.items())]


def uncounted_cues(adapter: Adapter) -> list[CueCount]:
    """Each cue of the adapter, with its prior and no labels."""
    return [_count(adapter, cue_id, ()) for cue_id in sorted(adapter.cues)]


def _count(adapter: Adapter, cue_id: str, labels: Sequence[float]) -> CueCount:
    cue = adapter.cues[cue_id]
    prior = cue.prior or Beta(0.5, 1)
    return CueCount(
        cue=f"{adapter.language}/{cue_id}",
        family=f"{adapter.language}/{cue.family}",
        prior_mean=prior.mean,
        prior_strength=prior.strength,
        trials=len(labels),
        successes=round(sum(labels)),
    )


def shared_cue_priors(adapter: Adapter, prior: SharedPrior) -> Mapping[str, Beta]:
    """The shared prior of the adapter's cues by id; cues that no site counted move with their family."""
    priors: dict[str, Beta] = {}
    for cue in adapter.cues.values():
        if cue.prior is None:
            continue
        counted = prior.cues.get(f"{adapter.language}/{cue.id}")
        shift = prior.families.get(f"{adapter.language}/{cue.family}", 0.0)
        if counted is not None:
            priors[cue.id] = Beta(counted.mean, counted.strength)
        elif shift:
            moved = shifted(np.array(cue.prior.mean), np.array(shift)).clip(LEAST_MEAN, 1 - LEAST_MEAN)
            priors[cue.id] = Beta(float(moved), cue.prior.strength)
    return priors


def load_shared_prior(path: Path) -> SharedPrior:
    """The prior that the centre sent, from a JSON or YAML file.

    Raises:
        ConfigurationError: with every fault, as ``file:line: key: message``.
    """
    return load(path, SharedPrior)
