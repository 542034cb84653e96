"""What a site learns about its final model when it ships it: intervals, operating points, and what is familiar."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.evaluation import certain_labels
from glsmed.client.evaluation.familiarity import Familiarity, learn_familiarity
from glsmed.client.evaluation.model_features import FeatureReader
from glsmed.client.evaluation.output_calibration_fit import calibration_cells
from glsmed.client.learning.calibration_interval import FindingInterval, fit_intervals
from glsmed.client.learning.operating_point import LEAST_POSITIVES, FindingOperation, Reference, choose_operation
from glsmed.client.learning.output_calibration import CalibrationKind
from glsmed.client.training.steps.training import predict_logits


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What predictions of a model are read by.

    Attributes:
        intervals: by finding, those with enough gold.
        operation: by finding, all of them.
        familiarity: what its images look like to the model.
    """

    intervals: Mapping[str, FindingInterval]
    operation: Mapping[str, FindingOperation]
    familiarity: Familiarity


def describe_model(
    model: nn.Module, splits: Mapping[SplitName, Examples], *, kind: CalibrationKind, device: torch.device
) -> ModelDescription:
    """The description of a site's final model, from its training and validation split.

    Args:
        model: as it is shipped.
        splits: the site's examples, with its offset.
        kind: of the output calibration.
        device: where the model runs.
    """
    training, validation = splits["train"], splits["validation"]
    cells = calibration_cells(model, training, validation, device=device)
    intervals = fit_intervals(
        cells.logits,
        cells.gold,
        cells.patients,
        training.findings,
        kind=kind,
        learned_from=cells.learned_from,
        weights=cells.weights,
    )
    with FeatureReader(model, n_findings=len(training.findings), device=device) as reader:
        familiarity = learn_familiarity(reader, training, validation)
    operation = _operation(validation, predict_logits(model, validation, device=device))
    return ModelDescription(intervals, operation, familiarity)


def _operation(validation: Examples, logits: Tensor) -> dict[str, FindingOperation]:
    certain = certain_labels(validation)
    chosen = {}
    for place, finding in enumerate(validation.findings):
        of_gold = _choose(logits[:, place], validation.gold[:, place], validation, "gold")
        of_reports = _choose(logits[:, place], certain[:, place], validation, "reports")
        has_gold = of_gold.positives + of_gold.negatives > 0
        prefers_gold = of_gold.positives >= LEAST_POSITIVES or (has_gold and of_reports.positives < LEAST_POSITIVES)
        chosen[finding] = of_gold if prefers_gold else of_reports
    return chosen


def _choose(logits: Tensor, truth: Tensor, validation: Examples, reference: Reference) -> FindingOperation:
    return choose_operation(logits, truth, validation.patients, reference=reference)
