"""Scores as counts: nothing is lost but the place within a bin, and counts add up."""

import pytest
import torch
from torch import Tensor

from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.metrics.score_counts import FINE_BINS, cells_of_counts, score_counts

_FINDINGS = ("effusion", "nodule")


def _cells(seed: int, rows: int = 2_000) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    truth = (torch.rand(rows, 2, generator=generator) < torch.tensor([0.3, 0.03])).float()
    logits = 1.5 * truth - torch.tensor([1.0, 3.5]) + torch.randn(rows, 2, generator=generator)
    truth[torch.rand(rows, 2, generator=generator) < 0.2] = torch.nan
    return logits.sigmoid(), truth


@pytest.mark.parametrize("name", ["auroc", "brier", "log_loss"])
def test_metrics_of_counts_are_those_of_the_cells(name: str) -> None:
    probabilities, truth = _cells(0)
    exact = finding_metrics(probabilities, truth, _FINDINGS)
    counted = finding_metrics(*cells_of_counts(score_counts(probabilities, truth)), _FINDINGS)
    for finding in _FINDINGS:
        assert counted[finding][name] == pytest.approx(exact[finding][name], abs=0.002)


def test_cells_and_positives_stay_exact() -> None:
    probabilities, truth = _cells(1)
    counts = score_counts(probabilities, truth)
    assert counts.shape == (2, 2, FINE_BINS)
    assert counts[:, 1].sum(1).tolist() == (truth == 1).sum(0).tolist()
    assert counts[:, 0].sum(1).tolist() == (truth == 0).sum(0).tolist()
    _, again = cells_of_counts(counts)
    assert (again == 1).sum(0).tolist() == (truth == 1).sum(0).tolist()


def test_counts_of_hospitals_add_up() -> None:
    probabilities, truth = _cells(2)
    parts = [score_counts(probabilities[rows], truth[rows]) for rows in (slice(0, 700), slice(700, None))]
    assert torch.equal(sum(parts, torch.zeros(1)), score_counts(probabilities, truth))


def test_certain_scores_have_a_place() -> None:
    counts = score_counts(torch.tensor([[0.0], [1.0], [0.5]]), torch.tensor([[0.0], [1.0], [torch.nan]]))
    assert [float(value) for value in (counts[0, 0, 0], counts[0, 1, -1], counts.sum())] == [1, 1, 2]


def test_counts_below_zero_are_no_cells() -> None:
    probabilities, truth = cells_of_counts(torch.tensor([[[-3.0, 1.2], [0.4, 0.6]]]))
    assert truth.tolist() == [[0.0], [1.0]]
    assert torch.unique(probabilities).tolist() == pytest.approx([torch.tensor(3.0).sigmoid().item()])


def test_weights_count_so_much() -> None:
    weights = torch.tensor([[0.25], [2.0]])
    counts = score_counts(torch.tensor([[0.5], [0.5]]), torch.tensor([[0.0], [1.0]]), bins=2, weights=weights)
    assert counts.tolist() == [[[0.0, 0.25], [0.0, 2.0]]]


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="shapes do not fit"):
        score_counts(torch.zeros(2, 1), torch.zeros(2, 2))
