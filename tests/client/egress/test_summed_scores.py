import math

import numpy as np
import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.egress.summed_scores import findings_to_add, ring_of, summed_scores
from glsmed.shared.metrics.score_counts import score_counts

NAN = math.nan
GOLD = torch.tensor([[1, 0], [1, NAN], [0, NAN], [0, 1], [NAN, 0]], dtype=torch.float32)
DATA = Examples(
    images=torch.zeros(5, 1, 1, 1, dtype=torch.uint8),
    targets=torch.full((5, 2), 0.5),
    weights=torch.zeros(5, 2),
    gold=GOLD,
    patients=("a", "a", "b", "c", "d"),
    findings=("effusion", "nodule"),
)


def test_cells_of_the_rows_are_counted_as_often_as_they_are_drawn() -> None:
    rows = torch.tensor([0, 0, 3])
    probabilities = torch.tensor([[0.9, 0.2], [0.9, 0.2], [0.4, 0.6]])
    counts = torch.tensor(summed_scores(probabilities, DATA, rows)).reshape(2, 2, 48)
    assert counts.sum((1, 2)).tolist() == [3, 3]
    assert (counts == score_counts(probabilities, GOLD[rows])).all()
    assert counts[0, 1].max() == 2  # the same patient twice


@pytest.mark.parametrize(("fewest", "places"), [(2, (0, 1)), (3, (0, 1)), (4, ())])
def test_a_site_adds_to_findings_whose_truth_is_known_of_enough_patients(fewest: int, places: tuple[int, ...]) -> None:
    assert findings_to_add(DATA, min_patients=fewest) == places


def test_images_of_one_patient_are_one_patient() -> None:
    data = Examples(
        images=DATA.images,
        targets=DATA.targets,
        weights=DATA.weights,
        gold=GOLD,
        patients=("a", "a", "a", "c", "c"),
        findings=DATA.findings,
    )
    assert findings_to_add(data, min_patients=3) == ()


def test_nothing_measured_is_zeros() -> None:
    assert not ring_of((), (2, 96)).any()
    assert ring_of(tuple(range(192)), (2, 96)).dtype == np.uint32
