"""The site's output calibration of a model: fitted on the site's own gold, and kept beside the model at the site."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.output_calibration import CalibrationKind, OutputCalibration, fit_output_calibration
from glsmed.client.training.steps.training import predict_logits

_ENOUGH_CELLS = 50
_ENOUGH_PER_CLASS = 10


def calibrate_outputs(
    model: nn.Module, training: Examples, validation: Examples, *, kind: CalibrationKind, device: torch.device
) -> OutputCalibration:
    """The output calibration of ``model`` at the site that both splits belong to.

    A finding with at least 50 gold labels in the validation split, 10 of each class, is fitted on these alone, since
    the model has not learned from them. With fewer, the gold of the training split is used as well.
    """
    if kind == "off" or not _has_gold(training, validation):
        return OutputCalibration(findings=training.findings, curves={})
    enough = _is_enough(validation.gold)
    parts = [validation]
    if not bool(enough.all()):
        parts.append(replace(training, gold=torch.where(enough, torch.nan, training.gold)))
    parts = [_with_gold_only(part) for part in parts if _has_gold(part)]
    logits = torch.cat([predict_logits(model, part, device=device) for part in parts])
    gold = torch.cat([part.gold for part in parts])
    return fit_output_calibration(logits, gold, training.findings, kind=kind)


def _has_gold(*parts: Examples) -> bool:
    return any(not bool(torch.isnan(part.gold).all()) for part in parts)


def _is_enough(gold: Tensor) -> Tensor:
    """``(K,)``: whether a finding has enough gold."""
    positives, negatives = (gold == 1).sum(0), (gold == 0).sum(0)
    return (positives + negatives >= _ENOUGH_CELLS) & (torch.minimum(positives, negatives) >= _ENOUGH_PER_CLASS)


def _with_gold_only(examples: Examples) -> Examples:
    """The images that have gold for any finding."""
    return examples.rows((~torch.isnan(examples.gold)).any(1).nonzero().squeeze(1))
