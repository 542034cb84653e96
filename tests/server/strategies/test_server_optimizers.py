import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.median import Median
from glsmed.server.strategies.rule import Block
from glsmed.server.strategies.server_optimizers import Adam, Momentum, Optimized, ServerOptimizer, Yogi

MakeBlock = Callable[..., Block]


def two_rounds(block: MakeBlock, optimizer: ServerOptimizer, changes: tuple[float, float]) -> list[float]:
    """The model after each of two rounds from 1, in which the mean change is as given."""
    rule = Optimized(MeanRule(), optimizer)
    model, reached = 1.0, list[float]()
    state = block(rule, [model], [[model]]).state
    for change in changes:
        one = block(rule, [model], [[model + change + 1], [model + change - 1]])
        model = float(rule.merge(replace(one, state=state))[0])
        reached.append(model)
    return reached


def test_momentum_goes_on_in_the_direction_of_past_rounds(block: MakeBlock) -> None:
    """Velocities 2, then 0.5 * 2 + 1 = 2; times 0.1."""
    assert two_rounds(block, Momentum(learning_rate=0.1, momentum=0.5), (2, 1)) == pytest.approx([1.2, 1.4])


def test_adam_takes_the_mean_over_the_root_mean_square(block: MakeBlock) -> None:
    """m: 1, then .8; v: .75 * .01 + .25 * 4 = 1.0075, then .755625 + .25 * .36 = .845625 (no bias is corrected)."""
    optimizer = Adam(learning_rate=0.1, momentum=0.5, second_momentum=0.75, adaptivity=0.1)
    first = 1 + 0.1 * 1 / (math.sqrt(1.0075) + 0.1)
    second = first + 0.1 * 0.8 / (math.sqrt(0.845625) + 0.1)
    assert two_rounds(block, optimizer, (2, 0.6)) == pytest.approx([first, second])


def test_yogi_forgets_a_large_change_slowly(block: MakeBlock) -> None:
    """v: .01 + .25 * 4 = 1.01, then 1.01 - .25 * .36 = .92."""
    optimizer = Yogi(learning_rate=0.1, momentum=0.5, second_momentum=0.75, adaptivity=0.1)
    first = 1 + 0.1 * 1 / (math.sqrt(1.01) + 0.1)
    second = first + 0.1 * 0.8 / (math.sqrt(0.92) + 0.1)
    assert two_rounds(block, optimizer, (2, 0.6)) == pytest.approx([first, second])


@pytest.mark.parametrize("kind", [Adam, Yogi])
def test_no_change_moves_nothing(block: MakeBlock, kind: type[Adam]) -> None:
    optimizer = kind(learning_rate=0.1, momentum=0.9, second_momentum=0.99, adaptivity=1e-3)
    assert two_rounds(block, optimizer, (0, 0)) == [1, 1]


def test_an_optimizer_goes_with_any_rule(block: MakeBlock) -> None:
    rule = Optimized(Median(), Momentum(learning_rate=1, momentum=0.9))
    one = block(rule, [0], [[1], [2], [1e6]])
    assert rule.merge(one).tolist() == [2]
    assert one.state["server_momentum"].tolist() == [2]
    assert one.weights.tolist() == pytest.approx([1 / 3] * 3)


def test_the_state_is_float32(block: MakeBlock) -> None:
    optimizer = Adam(learning_rate=0.1, momentum=0.9, second_momentum=0.99, adaptivity=1e-3)
    rule = Optimized(MeanRule(), optimizer)
    one = block(rule, [0], [[1], [2]])
    assert rule.merge(one).dtype == np.float32
    assert {array.dtype for array in one.state.values()} == {np.dtype(np.float32)}
