from collections.abc import Callable

import pytest

from glsmed.server.strategies.rule import Block, UpdateFacts
from glsmed.server.strategies.trimmed_mean import TrimmedMean

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]

FIVE = [[1, -1e6], [2, 4], [6, 5], [7, 9], [1e6, 3]]


@pytest.mark.parametrize(("trimmed", "expected"), [(1, [5, 4]), (2, [6, 4])])
def test_ends_are_left_out_for_each_parameter_anew(block: MakeBlock, trimmed: int, expected: list[float]) -> None:
    rule = TrimmedMean(trimmed)
    assert rule.merge(block(rule, [0, 0], FIVE)).tolist() == expected


def test_with_too_few_sites_it_is_the_median(block: MakeBlock) -> None:
    rule = TrimmedMean(2)
    assert rule.merge(block(rule, [0], [[1], [2], [3], [100]])).tolist() == [2.5]
    assert rule.merge(block(rule, [0], [[4]])).tolist() == [4]


def test_all_sites_count_alike(block: MakeBlock, fact: MakeFacts) -> None:
    rule = TrimmedMean(1)
    assert rule.weights([fact(cells=1), fact(cells=1000)]).tolist() == [0.5, 0.5]
