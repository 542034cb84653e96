from collections.abc import Callable

import numpy as np
import pytest

from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.strategies.site_weights import (
    ByLabelQuality,
    Capped,
    SiteWeights,
    alike,
    by_cells,
    by_patients,
    capped,
)

MakeFacts = Callable[..., UpdateFacts]


@pytest.mark.parametrize(
    ("weigh", "expected"), [(by_cells, [0.75, 0.25]), (by_patients, [0.2, 0.8]), (alike, [0.5, 0.5])]
)
def test_a_site_counts_by_what_the_study_says(fact: MakeFacts, weigh: SiteWeights, expected: list[float]) -> None:
    facts = [fact(cells=30, patients=2), fact(cells=10, patients=8)]
    assert weigh(facts).tolist() == pytest.approx(expected)


def test_an_update_three_rounds_late_counts_half(fact: MakeFacts) -> None:
    assert by_cells([fact(), fact(staleness=3)]).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_labels_of_better_quality_count_more(fact: MakeFacts) -> None:
    """Qualities .9 and .7 are worth .64 and .16; over their mean of .4: 1.6 and .4."""
    weights = ByLabelQuality(least=0.1, most=10)([fact(label_quality=0.9), fact(label_quality=0.7)])
    assert weights.tolist() == pytest.approx([0.8, 0.2])


def test_quality_counts_within_its_bounds(fact: MakeFacts) -> None:
    weights = ByLabelQuality(least=0.5, most=1.5)([fact(label_quality=0.9), fact(label_quality=0.7)])
    assert weights.tolist() == pytest.approx([0.75, 0.25])


def test_labels_worse_than_chance_count_as_the_worst_do(fact: MakeFacts) -> None:
    facts = [fact(label_quality=0.2), fact(label_quality=0.5), fact(label_quality=1.0)]
    weights = ByLabelQuality(least=0.5, most=2)(facts)
    assert weights.tolist() == pytest.approx([0.5 / 3, 0.5 / 3, 2 / 3])


def test_a_site_that_does_not_tell_its_quality_counts_as_one_of_middle_quality(fact: MakeFacts) -> None:
    weights = ByLabelQuality(least=0.1, most=10)([fact(label_quality=0.9), fact(label_quality=0.7), fact()])
    assert weights.tolist() == pytest.approx([1.6 / 3, 0.4 / 3, 1 / 3])


@pytest.mark.parametrize("quality", [None, 0.5])
def test_where_nobody_has_any_quality_to_tell_cells_decide(fact: MakeFacts, quality: float | None) -> None:
    facts = [fact(cells=30, label_quality=quality), fact(cells=10, label_quality=quality)]
    assert ByLabelQuality(least=0.5, most=2)(facts).tolist() == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize(
    ("shares", "most", "expected"),
    [
        ([0.5, 0.3, 0.2], 0.5, [0.5, 0.3, 0.2]),
        ([0.98, 0.01, 0.01], 0.5, [0.5, 0.25, 0.25]),
        ([0.8, 0.15, 0.05], 0.4, [0.4, 0.4, 0.2]),
        ([0.9, 0.05, 0.05], 0.1, [1 / 3, 1 / 3, 1 / 3]),
        ([0.99, 0.01], 0.5, [0.99, 0.01]),
        ([1.0], 0.5, [1.0]),
        ([0.9, 0.05, 0.05], 1.0, [0.9, 0.05, 0.05]),
    ],
)
def test_no_site_of_three_counts_more_than_its_cap(shares: list[float], most: float, expected: list[float]) -> None:
    assert capped(np.array(shares), most).tolist() == pytest.approx(expected)


def test_who_claims_more_than_the_cap_is_named(fact: MakeFacts) -> None:
    weigh = Capped(by_cells, 0.5)
    facts = [fact(site="a", cells=10), fact(site="b", cells=10), fact(site="c", cells=10_000_000)]
    assert weigh.over(facts) == ["c"]
    assert weigh(facts).sum() == pytest.approx(1)
    assert weigh.over([fact(site="a", cells=10), fact(site="b", cells=10), fact(site="c", cells=20)]) == []
