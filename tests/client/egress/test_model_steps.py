"""How far models lie apart, and how far the centre's can move."""

import numpy as np
import pytest

from glsmed.client.egress.model_steps import Reach, counted, distances, layer_names, own_lengths, shortest, whole
from glsmed.server.strategies.server_optimizers import Adam, Momentum, ServerOptimizer
from glsmed.shared.protocol.strategy_settings import ServerOptimizerSection
from glsmed.shared.protocol.study import FederationSection, Study
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout

ARRAYS = {
    "body.weight": np.zeros((3, 3), np.float32),
    "head.weight": np.zeros(4, np.float32),
    "head.bias": np.zeros(1, np.float32),
    "n": np.array([1]),
}
LAYOUT = ModelLayout(ModelManifest.of_arrays(ARRAYS))


def test_lengths_are_of_layers_weight_and_bias_together() -> None:
    moved = {**ARRAYS, "body.weight": ARRAYS["body.weight"] + 1, "head.weight": ARRAYS["head.weight"] + 2}
    moved["head.bias"] = np.array([3], np.float32)
    assert layer_names(LAYOUT) == ["body", "head"]
    apart = distances(LAYOUT, LAYOUT.pack(moved), LAYOUT.pack(ARRAYS))
    assert apart == pytest.approx([3, 5])
    assert own_lengths(LAYOUT, LAYOUT.pack(ARRAYS), moved) == pytest.approx(apart)
    assert whole(apart) == pytest.approx(np.sqrt(34))


def test_lengths_whose_squares_overflow_are_lengths() -> None:
    far = {**ARRAYS, "body.weight": np.full((3, 3), 1e30, np.float32)}
    assert distances(LAYOUT, LAYOUT.pack(far), LAYOUT.pack(ARRAYS))[0] == pytest.approx(3e30, rel=1e-6)


def test_an_update_counts_up_to_eight_times_the_shortest_that_moved() -> None:
    least = shortest(np.array([2.0, 0.0]), np.array([1.0, 0.0]))
    assert least.tolist() == [1, 0]
    assert counted(np.array([100.0, 100.0]), least).tolist() == [8, 100]


OPTIMIZERS = {
    "momentum": (
        ServerOptimizerSection(kind="momentum", learning_rate=0.7, momentum=0.8),
        Momentum(learning_rate=0.7, momentum=0.8),
    ),
    "adam": (
        ServerOptimizerSection(kind="adam"),
        Adam(learning_rate=0.01, momentum=0.9, second_momentum=0.99, adaptivity=1e-3),
    ),
}


@pytest.mark.parametrize("size", [1e-4, 0.1], ids=["small changes", "large changes"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_server_optimizer_moves_the_model_farther_than_its_reach(name: str, size: float) -> None:
    """Changes of one length in the same direction, which add up most, beside the centre's own optimizer."""
    section, optimizer = OPTIMIZERS[name]
    study = Study(study="s", findings=("effusion",), federation=FederationSection(server_optimizer=section))
    reach, change = Reach.of(study, LAYOUT), np.full(9, size, np.float32)
    state = {key: np.full(9, value, np.float32) for key, value in optimizer.state_arrays.items()}
    own, memory = np.array([np.linalg.norm(change), 1.0]), np.zeros(2)
    for _ in range(30):
        memory = own + reach.keeps * memory
        step = _stepped(optimizer, change, state)
        assert step <= 1.001 * reach.of_round(own, memory)[0]
    assert step > 0.2 * reach.of_round(own, memory)[0]


def _stepped(optimizer: ServerOptimizer, change: np.ndarray, state: dict[str, np.ndarray]) -> float:
    return float(np.linalg.norm(optimizer.step(change, state)))
