from collections.abc import Callable

import pytest

from glsmed.server.strategies.chosen import rule_of
from glsmed.server.strategies.control_variates import ControlVariates
from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.median import Median
from glsmed.server.strategies.norm_bounded_mean import NormBoundedMean
from glsmed.server.strategies.normalized_mean import NormalizedMean
from glsmed.server.strategies.rule import Block, UpdateFacts
from glsmed.server.strategies.server_optimizers import Optimized
from glsmed.server.strategies.trimmed_mean import TrimmedMean
from glsmed.shared.protocol.study import Study

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def study(*, training: dict[str, object] | None = None, **federation: object) -> Study:
    content = {"study": "x", "findings": ["effusion"], "training": training or {}, "federation": federation}
    return Study.model_validate(content)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mean", MeanRule),
        ("normalized_mean", NormalizedMean),
        ("norm_bounded_mean", NormBoundedMean),
        ("trimmed_mean", TrimmedMean),
        ("median", Median),
    ],
)
def test_each_name_has_its_rule(name: str, kind: type) -> None:
    assert type(rule_of(study(quorum=3, aggregation={"rule": name}))) is kind


def test_control_variates_bring_their_rule() -> None:
    plain = {"control_variates": True, "optimizer": "sgd", "momentum": 0}
    assert isinstance(rule_of(study(training=plain)), ControlVariates)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("momentum", {"server_momentum": 0.0}),
        ("adam", {"server_momentum": 0.0, "server_square": pytest.approx(1e-4)}),
        ("yogi", {"server_momentum": 0.0, "server_square": pytest.approx(1e-4)}),
    ],
)
def test_a_server_optimizer_has_its_state(kind: str, state: dict[str, float]) -> None:
    rule = rule_of(study(server_optimizer={"kind": kind, "adaptivity": 0.01}))
    assert isinstance(rule, Optimized)
    assert rule.state_arrays == state


def test_by_default_the_state_is_empty_and_nothing_is_sent_beside_the_model() -> None:
    rule = rule_of(study())
    assert (rule.state_arrays, rule.sent_state) == ({}, ())


@pytest.mark.parametrize(
    ("kind", "rate", "moved"), [("momentum", None, 2.0), ("momentum", 0.5, 1.0), ("adam", None, 0.01 * 0.2 / 0.2011)]
)
def test_the_learning_rate_is_the_studys_or_that_of_its_kind(
    block: MakeBlock, kind: str, rate: float | None, moved: float
) -> None:
    rule = rule_of(study(server_optimizer={"kind": kind, "learning_rate": rate}))
    assert rule.merge(block(rule, [0], [[1], [3]])).tolist() == pytest.approx([moved], rel=1e-3)


@pytest.mark.parametrize(
    ("weights", "expected"), [("cells", [0.75, 0.25]), ("patients", [0.2, 0.8]), ("gold_quality", [6 / 7, 1 / 7])]
)
def test_a_site_counts_by_what_the_study_says(fact: MakeFacts, weights: str, expected: list[float]) -> None:
    facts = [fact(cells=30, patients=1, label_quality=1.0), fact(cells=10, patients=4, label_quality=0.5)]
    rule = rule_of(study(aggregation={"weights": weights, "most_quality_factor": 1.0}))
    assert rule.weights(facts).tolist() == pytest.approx(expected)


def test_momentum_of_the_sites_counts_in_normalized_steps_with_sgd_alone(block: MakeBlock, fact: MakeFacts) -> None:
    reached = {}
    for optimizer in ("sgd", "adamw"):
        rule = rule_of(study(training={"optimizer": optimizer}, aggregation={"rule": "normalized_mean"}))
        facts = [fact(steps=1), fact(steps=3)]
        reached[optimizer] = float(rule.merge(block(rule, [1], [[3], [4]], facts))[0])
    assert reached["adamw"] == pytest.approx(4)
    assert reached["sgd"] == pytest.approx(1 + (1 + 5.61) / 2 * (2 / 1 + 3 / 5.61) / 2)
