import pytest
from scipy import stats  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.site_adapters.adapter.adapter import Beta, Place


@pytest.mark.parametrize(("mean", "strength"), [(0.5, 2), (0.25, 4), (0.92, 20), (0.01, 40)])
def test_the_spread_is_that_of_the_beta_distribution(mean: float, strength: float) -> None:
    reference = stats.beta(mean * strength, (1 - mean) * strength)
    assert Beta(mean, strength).spread == pytest.approx(reference.std())
    assert Beta(mean, strength).mean == pytest.approx(reference.mean())


def test_a_fault_tells_its_place() -> None:
    fault = Place("site.yaml", 7, "cues[2].phrases", inherited=False).fault("is wrong")
    assert str(fault) == "site.yaml:7: cues[2].phrases: is wrong"
