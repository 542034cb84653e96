"""Each strategy on a task where sites differ, small enough to know the best answer; the plain mean is the control.

Site i has the loss 1/2 sum of h (w - o)^2 with its own curvatures h and optimum o. The best shared w is known: the mean
of the optima weighted by curvature. Sites take plain steps of gradient descent, as the client does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from glsmed.client.training.control_variates import OwnControl
from glsmed.client.training.local_layers import OwnLayers
from glsmed.client.training.steps.gradient_correction import GradientCorrection, Steering
from glsmed.server.strategies.control_variates import CONTROL, ControlVariates
from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.median import Median
from glsmed.server.strategies.norm_bounded_mean import NormBoundedMean
from glsmed.server.strategies.normalized_mean import NormalizedMean
from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts
from glsmed.server.strategies.server_optimizers import Adam, Momentum, Optimized, ServerOptimizer, Yogi
from glsmed.server.strategies.site_weights import ByLabelQuality
from glsmed.server.strategies.trimmed_mean import TrimmedMean
from glsmed.shared.wire.packed_model import Arrays

Vector = NDArray[np.float32]
Send = Callable[[Vector, Vector], Vector]


def honest(_start: Vector, end: Vector) -> Vector:
    return end


@dataclass
class Site:
    """A hospital with its own loss; ``send`` is what it makes of its model before it sends it."""

    optimum: Sequence[float]
    curvature: Sequence[float]
    steps: int = 10
    rate: float = 0.1
    quality: float | None = None
    send: Send = honest

    def train(self, start: Vector, steering: Steering) -> Vector:
        model = nn.Module()
        model.register_parameter("w", nn.Parameter(torch.from_numpy(start.copy())))
        correction, weight = GradientCorrection.of(model, steering), model.get_parameter("w")
        optimum, curvature = torch.tensor(self.optimum), torch.tensor(self.curvature)
        for _ in range(self.steps):
            weight.grad = curvature * (weight.detach() - optimum)
            if correction is not None:
                correction.apply()
            with torch.no_grad():
                weight.sub_(weight.grad, alpha=self.rate)
        return self.send(start, weight.detach().numpy())


def best(sites: Sequence[Site]) -> NDArray[np.float64]:
    curvature = np.array([site.curvature for site in sites])
    return np.asarray((curvature * np.array([site.optimum for site in sites])).sum(0) / curvature.sum(0))


def learned(
    rule: AggregationRule,
    sites: Sequence[Site],
    *,
    rounds: int,
    steering: Steering | None = None,
    controls: Sequence[OwnControl] | None = None,
) -> Vector:
    """The shared weights after so many rounds from 0."""
    shared = np.zeros(len(sites[0].optimum), np.float32)
    state = {name: np.full_like(shared, value) for name, value in rule.state_arrays.items()}
    for number in range(1, rounds + 1):
        models = []
        for place, site in enumerate(sites):
            both = None if controls is None else controls[place].of_round(number, {"w": state[CONTROL].copy()})
            models.append(site.train(shared, (steering or Steering()) if both is None else both.steering()))
            if both is not None and controls is not None:
                own = both.after({"w": shared}, {"w": models[-1]}, steps=site.steps, learning_rate=site.rate)
                controls[place].keep(own, after_round=number)
        facts = [
            UpdateFacts(f"s{place}", 10, 10, site.steps, float(np.linalg.norm(model - shared)), 0, site.quality)
            for place, (site, model) in enumerate(zip(sites, models, strict=True))
        ]
        block = Block(shared, np.stack(models), rule.weights(facts), facts, state, sites=len(sites))
        shared = rule.merge(block)
    return shared


def miss(sites: Sequence[Site], reached: Vector) -> float:
    """How far from the best shared weights."""
    return float(np.linalg.norm(reached - best(sites)))


DIFFERENT = (Site((1.0, 0.0), (3.0, 0.2)), Site((0.0, 1.0), (0.2, 3.0)), Site((-1.0, -1.0), (1.0, 1.0)))


def test_control_variates_reach_what_the_mean_of_local_optima_misses(tmp_path: Path) -> None:
    controls = [OwnControl(tmp_path / str(place)) for place in range(len(DIFFERENT))]
    assert miss(DIFFERENT, learned(MeanRule(), DIFFERENT, rounds=60)) > 0.1
    assert miss(DIFFERENT, learned(ControlVariates(learning_rate=0.1), DIFFERENT, rounds=60, controls=controls)) < 1e-3


def test_a_pull_to_the_rounds_model_misses_by_less() -> None:
    free, pulled = (learned(MeanRule(), DIFFERENT, rounds=200, steering=Steering(pull=mu)) for mu in (0.0, 5.0))
    assert miss(DIFFERENT, pulled) < 0.5 * miss(DIFFERENT, free)


def test_normalized_steps_do_not_favour_the_site_that_takes_more() -> None:
    sites = [Site((1.0,), (1.0,), steps=1, rate=0.02), Site((-1.0,), (1.0,), steps=9, rate=0.02)]
    assert miss(sites, learned(MeanRule(), sites, rounds=200)) > 0.5
    assert miss(sites, learned(NormalizedMean(), sites, rounds=200)) < 0.1


def backwards(start: Vector, end: Vector) -> Vector:
    return start - 10 * (end - start)


@pytest.mark.parametrize("rule", [Median(), TrimmedMean(1), NormBoundedMean()], ids=lambda rule: type(rule).__name__)
def test_one_site_of_five_that_sends_ten_times_its_update_backwards_does_not_decide(rule: AggregationRule) -> None:
    good = [Site((1.0 + place / 10, 2.0), (1.0, 1.0)) for place in range(4)]
    bad = Site((1.0, 2.0), (1.0, 1.0), send=backwards)
    assert not miss(good, learned(MeanRule(), [*good, bad], rounds=20)) < 2
    assert miss(good, learned(rule, [*good, bad], rounds=20)) < 0.3


@pytest.mark.parametrize(
    "optimizer",
    [
        Momentum(learning_rate=1.0, momentum=0.9),
        Adam(learning_rate=0.1, momentum=0.9, second_momentum=0.99, adaptivity=1e-3),
        Yogi(learning_rate=0.1, momentum=0.9, second_momentum=0.99, adaptivity=1e-3),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_server_optimizer_is_sooner_where_steps_are_short(optimizer: ServerOptimizer) -> None:
    sites = [Site((1.0, 1.0), (1.0, 0.1), steps=2, rate=0.02), Site((1.2, 0.8), (1.0, 0.1), steps=2, rate=0.02)]
    plain = miss(sites, learned(MeanRule(), sites, rounds=60))
    assert miss(sites, learned(Optimized(MeanRule(), optimizer), sites, rounds=60)) < 0.5 * plain


def test_better_labels_count_more_and_come_nearer_to_the_truth() -> None:
    """One site's labels say little, and what it learns is far off; the truth is at 1."""
    sites = [Site((1.0,), (1.0,), quality=0.95), Site((1.1,), (1.0,), quality=0.9), Site((-2.0,), (1.0,), quality=0.6)]
    by_cells = learned(MeanRule(), sites, rounds=30)
    by_quality = learned(MeanRule(ByLabelQuality(least=0.1, most=2)), sites, rounds=30)
    assert abs(by_quality[0] - 1) < 0.3 < 0.9 < abs(by_cells[0] - 1)


def test_a_layer_of_its_own_fits_a_site_that_differs_in_it(tmp_path: Path) -> None:
    """Each site wants a + b = its own o with b small; a is shared, b is the bias that may stay at the site."""
    wanted = (3.0, -1.0)

    def losses(own: tuple[str, ...]) -> list[float]:
        initial = {"conv1.weight": np.zeros(1, np.float32), "fc.bias": np.zeros(1, np.float32)}
        layers = [OwnLayers(tmp_path / f"{len(own)}-{place}", own, initial) for place in range(2)]
        shared: Arrays = layers[0].shared(initial)
        for number in range(1, 30):
            models = [
                _stepped(layer.with_shared(shared, after_round=number - 1), o)
                for layer, o in zip(layers, wanted, strict=True)
            ]
            for layer, model in zip(layers, models, strict=True):
                layer.keep(model, after_round=number)
            shared = {name: np.mean([model[name] for model in models], axis=0) for name in shared}
        ends = [layer.with_shared(shared, after_round=30) for layer in layers]
        return [_loss(end, o) for end, o in zip(ends, wanted, strict=True)]

    assert max(losses(("fc.bias",))) < 0.01
    assert min(losses(())) > 3


def _loss(model: Arrays, wanted: float) -> float:
    return float(np.add(model["conv1.weight"], model["fc.bias"], dtype=np.float64).item() - wanted) ** 2


def _stepped(model: Arrays, wanted: float) -> dict[str, Vector]:
    """Ten steps of gradient descent on 1/2 (a + b - wanted)^2."""
    a, b = (np.asarray(model[name], np.float32).copy() for name in ("conv1.weight", "fc.bias"))
    for _ in range(10):
        gradient = a + b - np.float32(wanted)
        a, b = a - np.float32(0.05) * gradient, b - np.float32(0.05) * gradient
    return {"conv1.weight": a, "fc.bias": b}
