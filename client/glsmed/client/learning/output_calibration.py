"""A site's output calibration: from the model's logits to probabilities that hold at this site.

One monotone curve per finding, fitted on the site's own gold labels. It stays at the site beside the model,
and is never averaged into it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor

from glsmed.shared.files.documents import StrictModel
from glsmed.shared.metrics.logistic import fit_slope, fit_slope_intercept

CalibrationKind = Literal["off", "temperature", "platt", "isotonic", "auto"]
LEAST_GOLD = 20  # cells that a finding needs for a curve
PLENTY_OF_GOLD = 1000  # cells from which on auto takes the isotonic curve
LEAST_PER_CLASS = 3
LEAST_SLOPE = 0.02  # a curve never reverses the model's order
PLATT_PRIOR = (0.5, 0.02)  # a slope of 1 ± 1.4 and an intercept of 0 ± 7: felt only where gold is scarce
CLIP = 1e-4
_FOLDS = 5


class FindingCalibration(StrictModel):
    """The curve of one finding: ``sigmoid(slope z + intercept)``, or a piecewise curve where there are knots.

    Knots are logits and probabilities of an isotonic curve, joined by straight lines and constant outside.
    """

    slope: Annotated[float, Field(gt=0, description="factor on the logit")] = 1.0
    intercept: Annotated[float, Field(description="added to the logit")] = 0.0
    knots: Annotated[tuple[tuple[float, float], ...], Field(description="logit and probability, rising")] = ()
    gold_cells: Annotated[int, Field(ge=0, description="gold labels that it was fitted on")] = 0

    def __call__(self, logits: Tensor) -> Tensor:
        """Probabilities ``(n,)`` of logits ``(n,)``."""
        if not self.knots:
            return (self.slope * logits.double() + self.intercept).sigmoid()
        places, values = np.array(self.knots).T
        return torch.from_numpy(np.interp(logits.double().numpy(), places, values))


class OutputCalibration(StrictModel):
    """The curves of a site by finding; a finding without one keeps the model's own probability.

    ``model_dump_json`` and ``model_validate_json`` write and read the file beside a shipped model.
    """

    findings: Annotated[tuple[str, ...], Field(description="the model's outputs, in order")]
    curves: Annotated[Mapping[str, FindingCalibration], Field(description="curve by finding")]

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities ``(N, K)`` float32 of logits ``(N, K)``."""
        columns = [
            self.curves.get(name, FindingCalibration())(logits[:, place]) for place, name in enumerate(self.findings)
        ]
        return torch.stack(columns, dim=1).float()


def fit_output_calibration(
    logits: Tensor,
    gold: Tensor,
    findings: Sequence[str],
    *,
    kind: CalibrationKind = "platt",
    weights: Tensor | None = None,
) -> OutputCalibration:
    """The site's output calibration.

    Args:
        logits: ``(N, K)`` of images with and without gold, the site's offset included.
        gold: ``(N, K)`` in {0, 1}, NaN where unknown.
        findings: the K names.
        kind: ``platt`` slope and intercept (Platt 1999, with a prior on the slope instead of his softened targets: both
            together leave probabilities too timid), ``temperature`` the slope alone (Guo et al., ICML 2017),
            ``isotonic`` any rising curve, ``auto`` isotonic from 1000 cells and platt below, ``off`` none.
        weights: ``(N, K)`` of at least 0: for how many cells each gold cell stands, where they were not drawn evenly;
            None for even ones.

    Returns:
        Curves only of findings with at least 20 gold cells, 3 of each class, and finite logits.
    """
    curves = {}
    counting = gold if weights is None else torch.where(weights > 0, gold, torch.nan)
    for place in suffices(counting, kind=kind).nonzero().squeeze(1).tolist():
        known = ~torch.isnan(counting[:, place])
        if torch.isfinite(logits[known, place]).all():
            weight = effective_weights(None if weights is None else weights[known, place].double())
            curves[findings[place]] = _fit(logits[known, place].double(), gold[known, place].double(), kind, weight)
    return OutputCalibration(findings=tuple(findings), curves=curves)


def effective_weights(weights: Tensor | None) -> Tensor | None:
    """The weights ``(n,)`` scaled to add up to Kish's effective number of labels, (sum w)^2 / sum w^2.

    With that sum they are as strong against a prior as so many labels that were drawn evenly.
    """
    return None if weights is None else weights * weights.sum() / (weights**2).sum()


def suffices(gold: Tensor, *, kind: CalibrationKind) -> Tensor:
    """``(K,)`` bool: whether gold ``(N, K)``, NaN where unknown, gives a finding a curve."""
    positives, negatives = (gold == 1).sum(0), (gold == 0).sum(0)
    enough = (positives + negatives >= LEAST_GOLD) & (torch.minimum(positives, negatives) >= LEAST_PER_CLASS)
    return enough & (kind != "off")


def cross_fitted_losses(logits: Tensor, gold: Tensor, findings: Sequence[str], *, kind: CalibrationKind) -> Tensor:
    """``(N, K)`` log-losses of gold through curves that were fitted on other images; infinite where logits are.

    Every fifth image is judged by the curves of the other four fifths. Cells without gold hold NaN.
    """
    if not bool(torch.isfinite(logits).all()):
        return torch.full_like(gold, torch.inf)
    fold = torch.arange(len(gold)) % _FOLDS
    losses = torch.full_like(gold, torch.nan)
    for number in range(_FOLDS):
        judged = fold == number
        curves = fit_output_calibration(logits[~judged], gold[~judged], findings, kind=kind)
        said = curves.probabilities(logits[judged]).clamp(CLIP, 1 - CLIP)
        losses[judged] = -torch.where(gold[judged] > 0, said.log(), (1 - said).log())
    return torch.where(torch.isnan(gold), torch.nan, losses)


def is_isotonic(kind: CalibrationKind, *, cells: int) -> bool:
    """Whether a finding with so many gold cells gets an isotonic curve."""
    return kind == "isotonic" or (kind == "auto" and cells >= PLENTY_OF_GOLD)


def _fit(logits: Tensor, truth: Tensor, kind: CalibrationKind, weight: Tensor | None) -> FindingCalibration:
    if is_isotonic(kind, cells=len(truth)):
        return FindingCalibration(knots=_isotonic_knots(logits, truth, weight), gold_cells=len(truth))
    if kind == "temperature":
        slope, intercept = fit_slope(logits, truth, precision=PLATT_PRIOR[0], weight=weight), 0.0
    else:
        slope, intercept = fit_slope_intercept(logits, truth, precision=PLATT_PRIOR, weight=weight)
    return FindingCalibration(slope=max(slope, LEAST_SLOPE), intercept=intercept, gold_cells=len(truth))


def _isotonic_knots(logits: Tensor, truth: Tensor, weight: Tensor | None) -> tuple[tuple[float, float], ...]:
    weigh = None if weight is None else weight.numpy()
    curve = IsotonicRegression(y_min=CLIP, y_max=1 - CLIP).fit(logits.numpy(), truth.numpy(), sample_weight=weigh)
    return tuple(zip(curve.X_thresholds_.tolist(), curve.y_thresholds_.tolist(), strict=True))
