"""Open-i: F1 after calibration, and Brier on hedged cells with more and fewer gold labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.shared.cue_calibration.family_shifts import Floats
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.calibration_fit import fold_of
from glsmed.site_adapters.calibration.evaluation import probabilities
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells
from glsmed.site_adapters.calibration.scores import Scores, score
from glsmed.site_adapters.reading.reader import Reader

FOLDS = 10
REPEATS = 20
FEW_LABELS = (25, 100)


@dataclass(frozen=True, slots=True)
class OpeniScores:
    """Scores with the priors alone, and of each cell by a calibration that did not see its report.

    Attributes:
        few: mean Brier over the other hedged cells, by how many hedged cells were labelled; ``few_error`` is the
            standard error of that mean, over the repeats.
        fewest_hedged: hedged gold cells of the smallest calibration in cross-validation.
    """

    reports: int
    prior: Scores
    prior_hedged: Scores
    calibrated: Scores
    calibrated_hedged: Scores
    few: dict[int, float]
    few_error: dict[int, float]
    fewest_hedged: int


def openi_cells(reader: Reader, reports: Sequence[OpeniReport]) -> list[GoldCell]:
    """The gold cells of all coded reports."""
    texts = {report.report_id: report.text for report in reports}
    gold = {(report.report_id, finding): value for report in reports for finding, value in report.gold.items()}
    return gold_cells(reader, texts, gold)


def score_openi(adapter: Adapter, cells: Sequence[GoldCell]) -> OpeniScores:
    """The scores of one adapter on the gold cells."""
    hedged = [gold for gold in cells if gold.hedged]
    held_out, fewest = _held_out(adapter, cells)
    value = np.array([gold.value for gold in cells])
    is_hedged = np.array([gold.hedged for gold in cells])
    prior = probabilities(cells)
    few = {n: _with_few(adapter, hedged, n) for n in FEW_LABELS}
    return OpeniScores(
        reports=len({gold.report_id for gold in cells}),
        prior=score(prior, value),
        prior_hedged=score(prior[is_hedged], value[is_hedged]),
        calibrated=score(held_out, value),
        calibrated_hedged=score(held_out[is_hedged], value[is_hedged]),
        few={n: float(briers.mean()) for n, briers in few.items()},
        few_error={n: float(briers.std() / np.sqrt(len(briers))) for n, briers in few.items()},
        fewest_hedged=fewest,
    )


def _held_out(adapter: Adapter, cells: Sequence[GoldCell]) -> tuple[Floats, int]:
    """``(N,)`` each cell's probability by a calibration of the other folds, and their fewest hedged labels."""
    # The salt keeps these folds apart from those by which calibration chooses its strengths.
    fold = np.array([fold_of(f"held out {gold.report_id}", FOLDS) for gold in cells])
    said = np.empty(len(cells))
    fewest = len(cells)
    for number in range(FOLDS):
        rest = [gold for gold, own in zip(cells, fold, strict=True) if own != number]
        fewest = min(fewest, sum(gold.hedged for gold in rest))
        out = [gold for gold, own in zip(cells, fold, strict=True) if own == number]
        said[fold == number] = probabilities(out, calibrate(adapter, rest))
    return said, fewest


def _with_few(adapter: Adapter, hedged: Sequence[GoldCell], labels: int) -> Floats:
    """``(R,)`` for each repeat, the Brier on the hedged cells that were not among ``labels`` random ones."""
    rng = np.random.default_rng(labels)
    briers = []
    for _ in range(REPEATS):
        order = rng.permutation(len(hedged)).tolist()
        calibration = calibrate(adapter, [hedged[at] for at in order[:labels]])
        rest = [hedged[at] for at in order[labels:]]
        value = np.array([gold.value for gold in rest])
        briers.append(float(((probabilities(rest, calibration) - value) ** 2).mean()))
    return np.array(briers)
