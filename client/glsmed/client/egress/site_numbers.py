"""The numbers that a site could send, each with how many patients it is about; the egress policy decides which go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.evaluation import CERTAIN_RATE, Evaluation, reference_labels
from glsmed.shared.metrics.macro import COUNTS, has_both_classes
from glsmed.shared.protocol.metric_names import metric_key
from glsmed.shared.protocol.study import Study
from glsmed.shared.smoothing import rates_from_probability

# With a single positive patient the AUROC is that patient's rank, and n times the Brier score of a constant model
# counts the positives: every number that depends on who has a finding is about the smaller group.
_OF_EVERYBODY = frozenset({"n"})
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Number:
    """A number that could be sent, and how many patients it is about.

    A number that depends on who has a finding is about the smaller group: those with it, or those without.
    """

    value: float
    patients: int


def site_counts(splits: Mapping[SplitName, Examples]) -> dict[str, Number]:
    """Patients of the site, and of each finding the labelled cells of its training split: all, present, in doubt."""
    patients = len({patient for examples in splits.values() for patient in examples.patients})
    counts = {"patients": Number(patients, patients)}
    training = splits["train"]
    for column, finding in enumerate(training.findings):
        labelled = training.weights[:, column] > 0
        cells = Number(float(labelled.sum()), training.patients_where(labelled))
        counts[metric_key("training_cells", finding)] = cells
    return {**counts, **_cohort_counts(training)}


def _cohort_counts(training: Examples) -> dict[str, Number]:
    """Of each finding the labelled cells that are likelier present than absent, and those that the report doubts."""
    labels, rates = rates_from_probability(training.targets)
    kinds = {"present_cells": labels == 1, "doubted_cells": rates >= CERTAIN_RATE}
    counts = {}
    for name, flags in kinds.items():
        for column, finding in enumerate(training.findings):
            labelled, chosen = training.weights[:, column] > 0, flags[:, column]
            groups = (training.patients_where(labelled & side) for side in (chosen, ~chosen))
            counts[metric_key(name, finding)] = Number(float((labelled & chosen).sum()), min(groups))
    return counts


def loss_number(loss: float, training: Examples) -> Number:
    """The mean loss of a round; a constant model's tells the mean target, so it too is about the smaller group."""
    labelled = training.weights > 0
    groups = ((labelled & side).any(1) for side in (training.targets > _HALF, training.targets < _HALF))
    return Number(loss, min(training.patients_where(group) for group in groups))


def counted_by(cells: int, splits: Mapping[SplitName, Examples], study: Study) -> tuple[int, int]:
    """The training cells and patients that an update says it counts by.

    With differential privacy the expected draws of a round, the same at every site: with the same noise their updates
    are worth the same, and an exact count would tell of one patient more.
    """
    if study.training.privacy.is_on:
        draws = study.training.steps_per_round * study.training.batch_size
        return draws, draws
    return cells, splits["train"].labelled_patients


def training_numbers(loss: float, splits: Mapping[SplitName, Examples], study: Study) -> dict[str, Number]:
    """What could go with an update: its training loss, and what the centre needs to weigh it.

    With differential privacy no loss: no noise is on it, and a crafted model writes one patient into it.
    """
    weights = weight_numbers(splits, study)
    return weights if study.training.privacy.is_on else {"loss": loss_number(loss, splits["train"]), **weights}


def weight_numbers(splits: Mapping[SplitName, Examples], study: Study) -> dict[str, Number]:
    """What the centre needs to weigh the site's update by, beside its cells and patients, which are in the update."""
    is_by_quality = study.federation.aggregation.weights == "gold_quality"
    return label_quality(splits["validation"]) if is_by_quality else {}


def label_quality(validation: Examples) -> dict[str, Number]:
    """The mean probability that the labels give to the gold, averaged over absent and present; 0.5 tells nothing.

    Of the validation split, whose gold is not learned from; nothing where it has not gold of both classes.
    """
    known = ~torch.isnan(validation.gold) & (validation.weights > 0)
    said = validation.targets.clamp(0, 1)
    present, absent = (known & (validation.gold == value) for value in (1, 0))
    if not bool(present.any()) or not bool(absent.any()):
        return {}
    quality = (said[present].mean() + 1 - said[absent].mean()) / 2
    patients = min(validation.patients_where(cells.any(1)) for cells in (present, absent))
    return {"gold_quality": Number(float(quality), patients)}


def evaluation_numbers(evaluation: Evaluation, examples: Examples) -> dict[str, Number]:
    """The metrics of each finding, and the number of patients; counts are of the whole split.

    Of a finding that has one class only here, the counts alone: its other metrics would say nothing of the model, and
    the centre could not leave them out of its means, since it may not learn how many positives there are.
    """
    truth, _ = reference_labels(examples)
    patients = examples.patients_where(~torch.isnan(truth).all(1))
    numbers = {"patients": Number(patients, patients)}
    for finding, drawn in evaluation.by_finding.items():
        column = truth[:, examples.findings.index(finding)]
        known = examples.patients_where(~torch.isnan(column))
        metrics = {**drawn, "n": float((~torch.isnan(column)).sum()), "positives": float((column == 1).sum())}
        for name, value in metrics.items() if has_both_classes(drawn) else _counts_of(metrics):
            about = known if name in _OF_EVERYBODY else _smaller_group(examples, column)
            numbers[metric_key(name, finding)] = Number(value, about)
    return numbers


def _counts_of(metrics: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    return ((name, metrics[name]) for name in COUNTS)


def _smaller_group(examples: Examples, column: Tensor) -> int:
    return min(examples.patients_where(column == value) for value in (0, 1))
