"""The numbers that a site could send, each with how many patients it is about; the egress policy decides which go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.evaluation import Evaluation, reference_labels
from glsmed.shared.protocol.metric_names import metric_key

# With a single positive patient the AUROC is that patient's rank: such a number is about the smaller group.
_BETWEEN_TWO_GROUPS = frozenset({"positives", "auroc", "auprc"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number that could be sent, and how many patients it is about.

    A number that sets two groups of patients against each other (positives, auroc, auprc) is about the smaller group.
    """

    value: float
    patients: int


def site_counts(splits: Mapping[SplitName, Examples]) -> dict[str, Number]:
    """Patients of the site, and labelled cells of its training split by finding."""
    patients = len({patient for examples in splits.values() for patient in examples.patients})
    counts = {"patients": Number(patients, patients)}
    training = splits["train"]
    for column, finding in enumerate(training.findings):
        labelled = training.weights[:, column] > 0
        cells = Number(float(labelled.sum()), _patients(training, labelled))
        counts[metric_key("training_cells", finding)] = cells
    return counts


def labelled_patients(examples: Examples) -> int:
    """How many patients have at least one cell that training sees."""
    return _patients(examples, (examples.weights > 0).any(1))


def evaluation_numbers(evaluation: Evaluation, examples: Examples) -> dict[str, Number]:
    """The metrics of each finding, and the number of patients."""
    truth, _ = reference_labels(examples)
    numbers = {"patients": Number(evaluation.patients, evaluation.patients)}
    for finding, metrics in evaluation.by_finding.items():
        column = truth[:, examples.findings.index(finding)]
        known = _patients(examples, ~torch.isnan(column))
        for name, value in metrics.items():
            about = _smaller_group(examples, column) if name in _BETWEEN_TWO_GROUPS else known
            numbers[metric_key(name, finding)] = Number(value, about)
    return numbers


def _smaller_group(examples: Examples, column: Tensor) -> int:
    return min(_patients(examples, column == value) for value in (0, 1))


def _patients(examples: Examples, chosen: Tensor) -> int:
    """Distinct patients of the chosen ``(N,)`` images."""
    flags: Iterable[bool] = chosen.tolist()
    return len({patient for patient, is_chosen in zip(examples.patients, flags, strict=True) if is_chosen})
