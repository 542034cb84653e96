from collections.abc import Callable

import pytest

from glsmed.server.strategies.norm_bounded_mean import NormBoundedMean
from glsmed.server.strategies.rule import Block, UpdateFacts

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def test_a_change_above_the_bound_is_made_shorter(block: MakeBlock, fact: MakeFacts) -> None:
    """(3, 4) has norm 5 and becomes (1.2, 1.6); (0, 1) stays; half of each."""
    rule = NormBoundedMean(bound=2)
    facts = [fact(norm=5.0), fact(norm=1.0)]
    assert rule.merge(block(rule, [1, 1], [[4, 5], [1, 2]], facts)).tolist() == pytest.approx([1.6, 2.3])


def test_without_a_bound_it_is_the_median_of_the_norms(block: MakeBlock, fact: MakeFacts) -> None:
    rule = NormBoundedMean()
    facts = [fact(norm=norm) for norm in (1.0, 2.0, 1000.0)]
    assert rule.merge(block(rule, [0], [[1], [2], [1000]], facts)).tolist() == pytest.approx([5 / 3])


def test_a_site_that_changed_nothing_is_no_trouble(block: MakeBlock, fact: MakeFacts) -> None:
    rule = NormBoundedMean()
    assert rule.merge(block(rule, [1], [[1], [1]], [fact(norm=0.0)] * 2)).tolist() == [1]
