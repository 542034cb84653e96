"""The rounds in this process against arithmetic, with sites whose training adds a number to a model of three."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from glsmed.benchmarks.strategies import small_rounds
from glsmed.benchmarks.strategies.small_rounds import train_together
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.protocol.study import Study


class Strategy:
    """Adds ``step`` to every weight."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.model: dict[str, Any] = {"a": np.zeros((1, 2), np.float32), "b": np.zeros(1, np.float32)}
        self.controls: list[float | None] = []

    def train(self, shared: Arrays, _splits: object, *, round_number: int, control: Arrays | None) -> TrainingSummary:
        assert round_number >= 1
        self.controls.append(None if control is None else float(control["b"][0]))
        self.model = {name: np.add(array, self.step, dtype=np.float32) for name, array in shared.items()}
        return TrainingSummary(loss=1.0, steps=2, images=1, cells=10 if self.step > 0 else 30, seconds=1.0)

    def shared(self) -> Arrays:
        return self.model


def sites(*steps: float) -> Mapping[str, Any]:
    return {
        f"s{place}": SimpleNamespace(site=f"s{place}", strategy=Strategy(step), splits={"train": None}, study=study())
        for place, step in enumerate(steps)
    }


def study(**training: object) -> Study:
    content = {"study": "s", "findings": ["effusion"], "training": {"rounds": 3, **training}}
    return Study.model_validate(content)


@pytest.fixture(autouse=True)
def _three_is_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log-loss of a site is the distance of its first weight from the round 2's model."""
    monkeypatch.setattr(small_rounds, "labelled_patients", lambda _: 5)
    monkeypatch.setattr(
        small_rounds, "_validation_log_loss", lambda _site, shared, _number: abs(float(shared["a"][0, 0]) - 1.0)
    )


def test_the_rule_merges_each_round_and_the_best_one_is_kept() -> None:
    """Weights 10 and 30 cells: each round adds (10 * 5 - 30 * 1) / 40 = .5."""
    best = train_together(study(), sites(5.0, -1.0))
    assert best.round == 2
    assert best.log_loss == pytest.approx(0, abs=1e-6)
    assert {name: array.tolist() for name, array in best.shared.items()} == {
        "a": [pytest.approx([1.0, 1.0])],
        "b": pytest.approx([1.0]),
    }


def test_control_variates_go_to_the_sites_from_the_first_round_on() -> None:
    """Two plain steps of .1 that add .5 are a gradient of -2.5; the other site's +1 one of -5."""
    chosen = study(control_variates=True, optimizer="sgd", momentum=0, learning_rate=0.1, rounds=2)
    two = sites(0.5, 1.0)
    train_together(chosen, two)
    assert two["s0"].strategy.controls == [0.0, pytest.approx(-3.75)]


def test_without_control_variates_none_is_sent() -> None:
    two = sites(0.5, 1.0)
    train_together(study(), two)
    assert two["s0"].strategy.controls == [None] * 3
