from collections.abc import Callable

from glsmed.server.strategies.median import Median
from glsmed.server.strategies.rule import Block, UpdateFacts

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def test_of_an_odd_number_it_is_the_middle_value(block: MakeBlock) -> None:
    assert Median().merge(block(Median(), [0, 0], [[1, 9], [-1e6, 8], [3, 1e6]])).tolist() == [1, 9]


def test_of_an_even_number_it_is_the_mean_of_the_two_in_the_middle(block: MakeBlock) -> None:
    assert Median().merge(block(Median(), [0], [[1], [4], [2], [9]])).tolist() == [3]


def test_all_sites_count_alike(fact: MakeFacts) -> None:
    assert Median().weights([fact(cells=1), fact(cells=1000)]).tolist() == [0.5, 0.5]
