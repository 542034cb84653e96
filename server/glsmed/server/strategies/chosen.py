"""The rule that a study asks for."""

from collections.abc import Callable, Mapping, Sequence

from glsmed.server.strategies.control_variates import ControlVariates
from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.median import Median
from glsmed.server.strategies.norm_bounded_mean import NormBoundedMean
from glsmed.server.strategies.normalized_mean import NormalizedMean
from glsmed.server.strategies.rule import AggregationRule, UpdateFacts
from glsmed.server.strategies.server_optimizers import Adam, Momentum, Optimized, ServerOptimizer, Yogi
from glsmed.server.strategies.site_weights import ByLabelQuality, Capped, SiteWeights, by_cells, by_patients
from glsmed.server.strategies.trimmed_mean import TrimmedMean
from glsmed.shared.protocol.strategy_settings import (
    ROBUST_RULES,
    AggregationSection,
    RuleName,
    ServerOptimizerSection,
)
from glsmed.shared.protocol.study import Study, TrainingSection

_ADAPTIVE_LEARNING_RATE = 0.01


def rule_of(study: Study) -> AggregationRule:
    """The rule of a study, with its server optimizer."""
    settings, training = study.federation.aggregation, study.training
    rule = _control_variates(settings, training) if training.control_variates else _RULES[settings.rule](study)
    optimizer = _optimizer_of(study.federation.server_optimizer)
    return rule if optimizer is None else Optimized(rule, optimizer)


def _control_variates(settings: AggregationSection, training: TrainingSection) -> AggregationRule:
    return ControlVariates(_weigh(settings), learning_rate=training.learning_rate)


def _normalized(study: Study) -> AggregationRule:
    momentum = study.training.momentum if study.training.optimizer == "sgd" else 0.0
    return NormalizedMean(_weigh(study.federation.aggregation), momentum=momentum)


_RULES: Mapping[RuleName, Callable[[Study], AggregationRule]] = {
    "mean": lambda study: MeanRule(_weigh(study.federation.aggregation)),
    "normalized_mean": _normalized,
    "norm_bounded_mean": lambda study: NormBoundedMean(
        _weigh(study.federation.aggregation), bound=study.federation.aggregation.norm_bound
    ),
    "trimmed_mean": lambda study: TrimmedMean(study.federation.aggregation.trimmed_sites),
    "median": lambda _: Median(),
}


def sites_over_the_cap(study: Study, facts: Sequence[UpdateFacts]) -> list[str]:
    """The sites that count less in a mean than they claim; none where the rule counts all alike."""
    settings = study.federation.aggregation
    return [] if settings.rule in ROBUST_RULES else _weigh(settings).over(facts)


def _weigh(settings: AggregationSection) -> Capped:
    return Capped(_claimed(settings), settings.max_site_share)


def _claimed(settings: AggregationSection) -> SiteWeights:
    if settings.weights == "gold_quality":
        return ByLabelQuality(settings.least_quality_factor, settings.most_quality_factor)
    return by_cells if settings.weights == "cells" else by_patients


def _optimizer_of(settings: ServerOptimizerSection) -> ServerOptimizer | None:
    if settings.kind == "off":
        return None
    if settings.kind == "momentum":
        return Momentum(learning_rate=settings.learning_rate or 1.0, momentum=settings.momentum)
    kind = {"adam": Adam, "yogi": Yogi}[settings.kind]
    return kind(
        learning_rate=settings.learning_rate or _ADAPTIVE_LEARNING_RATE,
        momentum=settings.momentum,
        second_momentum=settings.second_momentum,
        adaptivity=settings.adaptivity,
    )
