"""The site's output calibration of a model: fitted on the site's own gold, and kept beside the model at the site."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.output_calibration import CalibrationKind, OutputCalibration, fit_output_calibration
from glsmed.client.training.steps.training import predict_logits

_ENOUGH_CELLS = 50
_ENOUGH_PER_CLASS = 10


@dataclass(frozen=True, slots=True)
class CalibrationCells:
    """The images that a site's output calibration is fitted on.

    Attributes:
        logits: ``(N, K)``, the site's offset included.
        gold: ``(N, K)`` in {0, 1}, NaN where a cell is left out.
        patients: whose images they are.
        learned_from: ``(N,)`` bool: whether the model has learned from the image.
        weights: ``(N, K)`` for how many cells each gold cell stands; None where they were drawn evenly.
    """

    logits: Tensor
    gold: Tensor
    patients: tuple[str, ...]
    learned_from: Tensor
    weights: Tensor | None = None


def calibrate_outputs(
    model: nn.Module, training: Examples, validation: Examples, *, kind: CalibrationKind, device: torch.device
) -> OutputCalibration:
    """The output calibration of ``model`` at the site that both splits belong to.

    A finding with at least 50 gold labels in the validation split, 10 of each class, is fitted on these alone, since
    the model has not learned from them. With fewer, the gold of the training split is used as well.
    """
    if kind == "off" or not _has_gold(training, validation):
        return OutputCalibration(findings=training.findings, curves={})
    cells = calibration_cells(model, training, validation, device=device)
    return fit_output_calibration(cells.logits, cells.gold, training.findings, kind=kind, weights=cells.weights)


def calibration_cells(
    model: nn.Module, training: Examples, validation: Examples, *, device: torch.device
) -> CalibrationCells:
    """The cells of :func:`calibrate_outputs`; none where the site has no gold outside its test split."""
    validation = replace(validation, gold=validation.calibration_gold)
    enough = _is_enough(validation.gold)
    joined = replace(training, gold=torch.where(enough, torch.nan, training.calibration_gold))
    parts = [validation] if bool(enough.all()) else [validation, joined]
    with_gold = [_with_gold_only(part) for part in parts]
    logits = [predict_logits(model, part, device=device) for part in with_gold if len(part)]
    learned = [torch.full((len(part),), part_number > 0) for part_number, part in enumerate(with_gold)]
    return CalibrationCells(
        logits=torch.cat([torch.zeros_like(validation.gold[:0]), *logits]),
        gold=torch.cat([part.gold for part in with_gold]),
        patients=tuple(patient for part in with_gold for patient in part.patients),
        learned_from=torch.cat(learned),
        weights=_joined_weights(with_gold),
    )


def _joined_weights(parts: Sequence[Examples]) -> Tensor | None:
    """The weights of all gold cells; None where no part has any but 1."""
    if all(part.gold_weights is None for part in parts):
        return None
    weights = (part.gold_weights for part in parts)
    return torch.cat(
        [torch.ones_like(part.gold) if own is None else own for part, own in zip(parts, weights, strict=True)]
    )


def _has_gold(*parts: Examples) -> bool:
    return any(not bool(torch.isnan(part.gold).all()) for part in parts)


def _is_enough(gold: Tensor) -> Tensor:
    """``(K,)``: whether a finding has enough gold."""
    positives, negatives = (gold == 1).sum(0), (gold == 0).sum(0)
    return (positives + negatives >= _ENOUGH_CELLS) & (torch.minimum(positives, negatives) >= _ENOUGH_PER_CLASS)


def _with_gold_only(examples: Examples) -> Examples:
    """The images that have gold for any finding."""
    return examples.rows((~torch.isnan(examples.gold)).any(1).nonzero().squeeze(1))
