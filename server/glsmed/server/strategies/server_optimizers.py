"""Steps along the mean change with a memory of past rounds, after any rule.

FedAvgM: Hsu, Qi, Brown, Measuring the effects of non-identical data distribution, 2019. FedAdam and FedYogi: Reddi et
al., Adaptive federated optimization, ICLR 2021, algorithm 2: the mean square starts at the square of ``adaptivity``
and, as there, no bias is corrected, so the first rounds step carefully.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights

_MOMENTUM, _SQUARE = "server_momentum", "server_square"


class ServerOptimizer(ABC):
    """What the centre adds to the model for a mean change; see :class:`Optimized`."""

    state_arrays: Mapping[str, float]

    @abstractmethod
    def step(self, change: Values, state: Mapping[str, Values]) -> Values:
        """``(B,)`` what is added to the model; changes the state's arrays in place."""


class Momentum(ServerOptimizer):
    """FedAvgM: v becomes m v + change, and the model moves by v times the learning rate."""

    def __init__(self, *, learning_rate: float, momentum: float) -> None:
        self.state_arrays = {_MOMENTUM: 0.0}
        self._learning_rate = np.float32(learning_rate)
        self._momentum = np.float32(momentum)

    def step(self, change: Values, state: Mapping[str, Values]) -> Values:
        """``(B,)``; see the class."""
        velocity = state[_MOMENTUM]
        velocity *= self._momentum
        velocity += change
        return np.asarray(self._learning_rate * velocity, np.float32)


class Adam(ServerOptimizer):
    """FedAdam: the mean change over the root of the mean square change plus ``adaptivity``, times the learning rate."""

    def __init__(self, *, learning_rate: float, momentum: float, second_momentum: float, adaptivity: float) -> None:
        self.state_arrays = {_MOMENTUM: 0.0, _SQUARE: adaptivity**2}
        self._learning_rate = np.float32(learning_rate)
        self._momentum = np.float32(momentum)
        self._second_momentum = np.float32(second_momentum)
        self._adaptivity = np.float32(adaptivity)

    def step(self, change: Values, state: Mapping[str, Values]) -> Values:
        """``(B,)``; see the class."""
        mean, square = state[_MOMENTUM], state[_SQUARE]
        mean += (1 - self._momentum) * (change - mean)
        square += (1 - self._second_momentum) * self._square_change(change * change, square)
        moved = self._learning_rate * mean
        moved /= np.sqrt(square) + self._adaptivity
        return np.asarray(moved, np.float32)

    def _square_change(self, squared: Values, square: Values) -> Values:
        return squared - square


class Yogi(Adam):
    """FedYogi: as FedAdam, but the mean square moves by what is new alone, so it forgets large changes slowly."""

    def _square_change(self, squared: Values, square: Values) -> Values:
        change: Values = squared * np.sign(squared - square)
        return change


class Optimized(AggregationRule):
    """A rule whose result is taken as a direction for a server optimizer."""

    def __init__(self, rule: AggregationRule, optimizer: ServerOptimizer) -> None:
        self._rule = rule
        self._optimizer = optimizer
        self.state_arrays = {**rule.state_arrays, **optimizer.state_arrays}
        self.sent_state = rule.sent_state

    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)`` those of the rule."""
        return self._rule.weights(facts)

    def merge(self, block: Block) -> Values:
        """``(B,)`` the base and the optimizer's step."""
        return block.base + self._optimizer.step(self._rule.merge(block) - block.base, block.state)
