"""What a site adds to sums of metrics: counts of a model's scores on one split, and to which findings it adds them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.shared.metrics.score_counts import score_counts
from glsmed.shared.secure_aggregation.fixed_point import Ring


def summed_scores(probabilities: Tensor, examples: Examples, rows: Tensor | None) -> tuple[int, ...]:
    """How many cells of each finding, without it and with it, the model puts into each bin of its logits; in one row.

    Args:
        probabilities: ``(M, K)`` that the model gives to these rows.
        examples: a split of the site.
        rows: ``(M,)`` of the split; None for all.
    """
    truth, _ = reference_labels(examples)
    counts = score_counts(probabilities, truth if rows is None else truth[rows])
    return tuple(counts.long().ravel().tolist())


def findings_to_add(examples: Examples, *, min_patients: int) -> tuple[int, ...]:
    """Places of the findings whose truth is known of so many patients of a split."""
    truth, _ = reference_labels(examples)
    known = (~torch.isnan(truth)).T.tolist()
    return tuple(place for place, flags in enumerate(known) if _patients(examples, flags) >= min_patients)


def _patients(examples: Examples, flags: Sequence[bool]) -> int:
    return len({patient for patient, is_known in zip(examples.patients, flags, strict=True) if is_known})


def ring_of(scores: tuple[int, ...], shape: tuple[int, int]) -> Ring:
    """The counts as numbers modulo 2^32; zeros where there are none."""
    return np.array(scores, np.uint32).reshape(shape) if scores else np.zeros(shape, np.uint32)
