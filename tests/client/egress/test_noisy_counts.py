import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glsmed.client.egress.noisy_counts import (
    BINS,
    CountNoise,
    bounded_counts,
    patient_weights,
    plausible,
    with_noise,
)
from glsmed.client.training.differential_privacy.secret_random import SecretRandom

cells = st.sampled_from([0.0, 1.0, math.nan])
scores = st.sampled_from([0.0, 1e-9, 0.2, 0.5, 0.51, 0.9, 1.0, math.nan])


@st.composite
def hospitals(draw: st.DrawFn) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    findings, images = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    table = st.lists(st.lists(cells, min_size=findings, max_size=findings), min_size=images, max_size=images)
    said = st.lists(st.lists(scores, min_size=findings, max_size=findings), min_size=images, max_size=images)
    patients = draw(st.lists(st.sampled_from("abc"), min_size=images, max_size=images))
    return torch.tensor(draw(said)), torch.tensor(draw(table)), tuple(patients)


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(hospitals())
def test_a_patient_with_many_images_and_findings_moves_the_counts_by_no_more_than_the_noise_covers(
    hospital: tuple[Tensor, Tensor, tuple[str, ...]],
) -> None:
    said, truth, patients = hospital
    others = torch.tensor([patient != "a" for patient in patients])
    rest = tuple(patient for patient in patients if patient != "a")
    moved = bounded_counts(said, truth, patients) - bounded_counts(said[others], truth[others], rest)
    assert float(moved.norm()) <= math.sqrt(truth.shape[1])
    assert bool((moved >= 0).all())


def test_without_shares_a_patient_with_two_images_moves_them_further() -> None:
    """The control: cells that count 1 each."""
    truth = torch.ones(2, 1)
    assert patient_weights(("a", "a"), truth > 0).sum() == 1
    assert patient_weights(("a", "b"), truth > 0).sum() == 2


def test_every_patient_counts_once_in_a_finding_however_many_images_it_has() -> None:
    truth = torch.tensor([[1.0], [0.0], [0.0], [math.nan]])
    counts = bounded_counts(torch.full((4, 1), 0.3), truth, ("a", "a", "b", "c"))
    assert counts.sum(-1).tolist() == [[1.5, 0.5]]


def test_noise_is_as_large_as_was_paid_and_on_a_grid() -> None:
    noise = CountNoise(3.0, findings=4)
    drawn = SecretRandom().normal((4, 2, 5000), device=torch.device("cpu"))
    noisy = with_noise(torch.zeros(4, 2, 5000), noise, drawn)
    assert float(noisy.std()) == pytest.approx(6.0, rel=0.05)  # of 40,000 numbers: 14 standard errors
    assert torch.equal(noisy * 2**20, (noisy * 2**20).round())


def test_plausible_counts_are_the_nearest_of_the_same_totals() -> None:
    """Against the conditions of the projection: what stays above 0 was lowered by one amount, the rest by less."""
    noise = CountNoise(0.1, findings=1)
    noisy = torch.randn(1, 2, BINS, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 5 + 3
    found = plausible(noisy, noise)
    assert torch.allclose(found.sum(-1), noisy.sum(-1))
    for before, after in zip(noisy[0], found[0], strict=True):
        lowered = (before - after)[after > 0]
        assert torch.allclose(lowered, lowered[0].expand_as(lowered))
        assert bool((before[after == 0] <= lowered[0] + 1e-9).all())


def test_a_finding_with_a_group_that_may_be_noise_has_no_counts() -> None:
    noise = CountNoise(3.74, findings=2)
    counts = torch.zeros(2, 2, BINS, dtype=torch.float64)
    counts[:, :, 3] = noise.smallest_group + 1
    counts[1, 1, 3] -= 2
    assert plausible(counts, noise).sum((1, 2)).tolist() == [pytest.approx(2 * noise.smallest_group + 2), 0]
