from collections.abc import Callable

import pytest

from glsmed.server.strategies.control_variates import CONTROL, ControlVariates
from glsmed.server.strategies.rule import Block, UpdateFacts

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def test_the_control_variate_becomes_the_mean_gradient_of_all_sites(block: MakeBlock, fact: MakeFacts) -> None:
    """Site a went 1 - 0.6 in 4 steps of 0.1: gradient 1; site b 1 - 1.4 in 2 steps: gradient -2."""
    rule = ControlVariates(learning_rate=0.1)
    one = block(rule, [1], [[0.6], [1.4]], [fact(steps=4), fact(steps=2)])
    assert rule.merge(one).tolist() == pytest.approx([1.0])
    assert one.state[CONTROL].tolist() == pytest.approx([-0.5])


def test_sites_that_are_not_in_the_round_keep_their_part(block: MakeBlock, fact: MakeFacts) -> None:
    """c = 3 from before; two of four sites: each of them puts its gradient less c into a quarter."""
    rule = ControlVariates(learning_rate=0.1)
    one = block(rule, [1], [[0.6], [1.4]], [fact(steps=4), fact(steps=2)], sites=4)
    one.state[CONTROL][:] = 3
    rule.merge(one)
    assert one.state[CONTROL].tolist() == pytest.approx([3 + (1 - 3) / 4 + (-2 - 3) / 4])


def test_the_control_variate_is_what_sites_need_beside_the_model() -> None:
    assert ControlVariates(learning_rate=0.1).sent_state == (CONTROL,)
