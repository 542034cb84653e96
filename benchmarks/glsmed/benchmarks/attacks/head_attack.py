"""Models with a last layer that puts known images in a wished order, each within the bound of the last.

With more features than known images there is a last layer for every order. Its length does not matter to an AUROC, so
an attacker goes to a last layer of almost nothing, as fast as the bound allows, and has every order from there on.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.attacks.asked_site import Answer, AskedSite
from glsmed.client.data.examples import Examples
from glsmed.client.egress.trajectory import LAYER_SLACK
from glsmed.shared.networks.parts import head_modules
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.metric_names import metric_key

Table = NDArray[np.float64]
Design = Literal["orders", "single"]

_WITHIN = 0.95  # of the bound, to be sure
_SMALL = 1e-3  # length of the last layer in the end, of that at first


@dataclass(slots=True)
class Readings:
    """The orders that were asked for, and what was said of each.

    Attributes:
        scores: ``(N, K)`` for each answer: what the model gives to the known images.
        aurocs: ``(K,)`` for each answer, NaN where none came.
        refused: how many models the site did not answer about.
        targets: how many images, from the first on, were asked about.
    """

    scores: list[Table] = field(default_factory=list)
    aurocs: list[NDArray[np.float64]] = field(default_factory=list)
    refused: int = 0
    targets: int = 0


def read_validation(
    asked: AskedSite, *, rounds: int, bound: float | None, design: Design = "orders", seed: int = 0
) -> Readings:
    """Ask a site about crafted models for as many rounds as a study has.

    Args:
        asked: the site.
        rounds: of the study.
        bound: stay within ``federation.max_round_change`` of this; None: heed no bound.
        design: ``orders``: all images in another order in each answer, about all labels; ``single``: in each answer one
            image goes to the top of one order, about that image's labels.
        seed: of the orders.
    """
    known, readings = asked.site.splits["validation"], Readings()
    features, generator = known_features(asked, known), np.random.default_rng(seed)
    weight, bias = head_names_of(asked)
    model = {name: np.array(array) for name, array in asked.first.items()}
    answer = asked.train(model, round_number=1)
    length = _SMALL * float(np.linalg.norm(model[weight]))
    orders = (_layer_for(features, order, length) for order in _orders(known, design, generator))
    wished = next(orders)
    for number in range(2, rounds + 1):
        reach = np.inf if bound is None else _reach(model, answer, weight, bound)
        new = {**model, weight: _towards(model[weight], wished, reach), bias: model[bias]}
        answer = asked.train(new, round_number=number)
        if answer.refused:
            readings.refused += 1
            continue
        model = new
        if np.linalg.norm(wished - new[weight]) < length / 2:
            wished, readings.targets = next(orders), readings.targets + 1
        _note(readings, features @ model[weight].T.astype(np.float64), answer.validation, known.findings)
    readings.targets = len(known) if design == "orders" else min(len(known), max(0, readings.targets - 1))
    return readings


def known_features(asked: AskedSite, known: Examples) -> Table:
    """``(N, F)`` what the network makes of the known images before its last layer."""
    network, seen = asked.site.model.eval(), []
    layer = network.get_submodule(head_modules(network)[0])
    hook = layer.register_forward_pre_hook(lambda _layer, inputs: seen.append(inputs[0].detach()))
    with torch.no_grad():
        network(to_pixels(known.images))
    hook.remove()
    return torch.cat(seen).double().numpy()


def head_names_of(asked: AskedSite) -> tuple[str, str]:
    """The arrays of the last layer: weight and bias."""
    (name, *_) = head_modules(asked.site.model)
    return f"{name}.weight", f"{name}.bias"


def _orders(known: Examples, design: Design, generator: np.random.Generator) -> Iterator[Table]:
    """``(N, K)`` wished scores, one after the other."""
    places = np.repeat(np.linspace(-1, 1, len(known))[:, None], len(known.findings), axis=1)
    order = generator.permuted(places, axis=0)
    yield order
    for image in itertools.count():
        if design == "orders":
            yield generator.permuted(places, axis=0)
            continue
        moved = order.copy()
        moved[image % len(known)] = 1.5
        yield moved


def _layer_for(features: Table, scores: Table, length: float) -> Table:
    """``(K, F)`` of this length, which puts the images in the order of the scores; the shortest that does."""
    layer = np.linalg.lstsq(features, scores, rcond=None)[0].T
    return np.asarray(layer * (length / np.linalg.norm(layer)))


def _reach(model: Mapping[str, NDArray[np.float32]], answer: Answer, weight: str, bound: float) -> float:
    """How far the last layer may move: the attacker has seen the site's own update."""
    moves = {name: float(np.linalg.norm(answer.trained[name] - array)) for name, array in model.items()}
    whole = float(np.linalg.norm(list(moves.values())))
    return _WITHIN * bound * min(whole, LAYER_SLACK * moves[weight])


def _towards(now: NDArray[np.float32], wished: Table, reach: float) -> NDArray[np.float32]:
    way = wished - now
    length = float(np.linalg.norm(way))
    return np.asarray(now + way * min(1.0, reach / max(length, 1e-12)), dtype=np.float32)


def _note(readings: Readings, scores: Table, said: Mapping[str, float], findings: Sequence[str]) -> None:
    readings.scores.append(scores)
    readings.aurocs.append(np.array([said.get(metric_key("auroc", name), np.nan) for name in findings]))
