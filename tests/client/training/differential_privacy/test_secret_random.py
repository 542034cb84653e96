import math

import pytest
import torch
from scipy import stats  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.client.training.differential_privacy.secret_random import SecretRandom

CPU = torch.device("cpu")


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (0,), (2**16 + 3,)])
def test_normal_numbers_have_the_shape_that_was_asked_for(shape: tuple[int, ...]) -> None:
    numbers = SecretRandom().normal(shape, device=CPU)
    assert numbers.shape == shape
    assert numbers.dtype == torch.float64
    assert bool(numbers.isfinite().all())


def test_normal_numbers_are_normal_and_independent_of_their_neighbours() -> None:
    numbers = SecretRandom().normal((300_000,), device=CPU)
    assert stats.kstest(numbers.numpy(), "norm").pvalue > 1e-6
    assert float((numbers**4).mean()) == pytest.approx(3, abs=0.15)
    for lag in (1, 2**15, 2**16):
        assert abs(float((numbers[lag:] * numbers[:-lag]).mean())) < 6 / math.sqrt(len(numbers) - lag)


def test_uniform_numbers_are_uniform_and_never_0_or_1() -> None:
    numbers = SecretRandom().uniform(200_000)
    assert stats.kstest(numbers.numpy(), "uniform").pvalue > 1e-6
    assert 0 < float(numbers.min()) < float(numbers.max()) < 1


def test_each_object_has_another_stream_and_no_seed_gives_it_again() -> None:
    drawn = []
    for _ in range(2):
        torch.manual_seed(0)
        drawn.append(SecretRandom().uniform(100))
    assert not set(drawn[0].tolist()) & set(drawn[1].tolist())
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    SecretRandom().uniform(100)
    assert torch.equal(torch.rand(1), expected)


def test_whole_numbers_cover_their_range() -> None:
    random = SecretRandom()
    drawn = [random.below(3) for _ in range(3000)]
    assert [drawn.count(number) / 3000 for number in range(3)] == pytest.approx([1 / 3] * 3, abs=0.06)


def test_the_seeds_of_generators_have_63_bits() -> None:
    seeds = [SecretRandom().generator().initial_seed() for _ in range(50)]
    assert len(set(seeds)) == 50
    assert max(seeds) > 2**60
