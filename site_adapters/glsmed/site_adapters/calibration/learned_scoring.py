"""A small model of P(finding | words) that a site may learn on top of its cues; plain numbers, no text.

Logistic regression over what stands in a report's cells: the prior, the deciding cue and its family, the finding, the
section, the cues that decide the mentions before and after, and how much the report denies and doubts. It is used only
where, at this site, it predicts labels that it has not seen better than the Beta posteriors do, by more than a standard
error of the difference.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.shared.cue_calibration.family_shifts import Floats, Integers
from glsmed.site_adapters.calibration.calibration_fit import Fit, fold_of, surely_less
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned
from glsmed.site_adapters.calibration.scores import log_losses
from glsmed.site_adapters.reading.cells import Cell

Features = Mapping[str, float]

_INVERSE_PENALTIES = (0.03, 0.1, 0.3, 1.0)
_MOST_ITERATIONS = 1000
_NO_NEIGHBOUR = "none"
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted model.

    Attributes:
        weights: by name of the feature, in log-odds; ``intercept`` is added.
        inverse_penalty: C of the logistic regression, chosen by held-out log-loss.
        held_out: mean log-loss of a label that the fit had not seen; ``beta`` is that of the Beta posteriors.
        better: whether it is surely less.
    """

    weights: Mapping[str, float]
    intercept: float
    inverse_penalty: float
    held_out: float
    beta: float
    better: bool


def features(cell: Cell, report: Collection[Cell]) -> Features:
    """What the model looks at: names of the vocabulary and counts, never words."""
    order = sorted(report, key=_first_place)
    place = next(at for at, other in enumerate(order) if other.finding == cell.finding)
    before = order[place - 1].cue if place > 0 else _NO_NEIGHBOUR
    after = order[place + 1].cue if place + 1 < len(order) else _NO_NEIGHBOUR
    return {
        "prior": math.log(cell.probability / (1 - cell.probability)),
        "denials": math.log1p(sum(other.state == "absent" for other in report)),
        "doubts": math.log1p(sum(other.state == "uncertain" for other in report)),
        f"cue={cell.cue}": 1.0,
        f"family={cell.family}": 1.0,
        f"finding={cell.finding}": 1.0,
        f"section={cell.section}": 1.0,
        f"before={before}": 1.0,
        f"after={after}": 1.0,
    }


def _first_place(cell: Cell) -> int:
    return min((span.start for span in cell.evidence), default=0)


def predict(weights: Mapping[str, float], intercept: float, described: Features) -> float:
    """P(finding) of what was described; features that the model never saw count nothing."""
    odds = intercept + sum(weights.get(name, 0.0) * value for name, value in described.items())
    return 1 / (1 + math.exp(-odds))


def learn(cells: Sequence[GoldCell], fit: Fit) -> Learned | None:
    """The model of the site's labels, compared with its Beta posteriors; None where nothing could be held out."""
    seen = mentioned(cells)
    value = np.array([float(gold.value) for gold, _ in seen])
    if not len(fit.predicted) or len(np.unique(value)) < 2:
        return None
    described = [features(cell, gold.report) for gold, cell in seen]
    folds = np.array([fold_of(gold.report_id) for gold, _ in seen], dtype=np.intp)
    trials = {penalty: _held_out(described, value, folds, penalty) for penalty in _INVERSE_PENALTIES}
    losses = {penalty: log_losses(predicted, value) for penalty, predicted in trials.items()}
    penalty = min(losses, key=lambda candidate: losses[candidate].sum())
    beta = log_losses(fit.predicted, value)
    weights, intercept = _regression(described, value, penalty)
    return Learned(
        weights={name: round(weight, _DECIMALS) for name, weight in weights.items()},
        intercept=round(intercept, _DECIMALS),
        inverse_penalty=penalty,
        held_out=float(losses[penalty].mean()),
        beta=float(beta.mean()),
        better=surely_less(losses[penalty], beta),
    )


def _held_out(described: Sequence[Features], value: Floats, folds: Integers, penalty: float) -> Floats:
    """``(N,)`` the probability of each cell by the model of the other folds."""
    predicted = np.full(len(value), value.mean())
    for fold in np.unique(folds):
        rest, out = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        if len(np.unique(value[rest])) == 2:
            weights, intercept = _regression([described[at] for at in rest], value[rest], penalty)
            predicted[out] = [predict(weights, intercept, described[at]) for at in out]
    return predicted


def _regression(described: Sequence[Features], value: Floats, penalty: float) -> tuple[dict[str, float], float]:
    """Weights by feature and intercept of the penalised logistic regression."""
    # Loading scikit-learn takes longer than most commands of a radiologist: only this one needs it.
    from sklearn.feature_extraction import DictVectorizer  # type: ignore[import-untyped]  # scikit-learn ships no types
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # as above

    vectorizer = DictVectorizer()
    model = LogisticRegression(C=penalty, max_iter=_MOST_ITERATIONS)
    model.fit(vectorizer.fit_transform(described), value)
    names = vectorizer.get_feature_names_out()
    return dict(zip(map(str, names), model.coef_[0].tolist(), strict=True)), float(model.intercept_[0])
