from collections.abc import Callable

import pytest

from glsmed.server.strategies.normalized_mean import NormalizedMean, effective_steps
from glsmed.server.strategies.rule import Block, UpdateFacts

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def test_changes_count_by_step(block: MakeBlock, fact: MakeFacts) -> None:
    """Changes 2 in 1 step and 3 in 3 steps, half each: mean change a step 1.5, mean steps 2, so 3."""
    rule = NormalizedMean()
    facts = [fact(steps=1), fact(steps=3)]
    assert rule.merge(block(rule, [1], [[3], [4]], facts)).tolist() == pytest.approx([4])


def test_with_the_same_steps_it_is_the_mean(block: MakeBlock) -> None:
    assert NormalizedMean(momentum=0.9).merge(block(NormalizedMean(), [1], [[3], [4]])).tolist() == pytest.approx([3.5])


@pytest.mark.parametrize(("steps", "momentum", "expected"), [(4, 0.0, 4), (1, 0.9, 1), (2, 0.5, 2.5), (3, 0.5, 4.25)])
def test_momentum_makes_steps_longer(steps: int, momentum: float, expected: float) -> None:
    """With momentum 1/2 the gradient of step 1 of 3 moves the weights by 1 + 1/2 + 1/4, that of step 2 by 1 + 1/2."""
    assert effective_steps(steps, momentum=momentum) == pytest.approx(expected)
