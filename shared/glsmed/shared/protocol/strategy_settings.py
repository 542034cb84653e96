"""How the sites of a study learn together: the settings of aggregation, and which of them go together."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from glsmed.shared.files.documents import FalseIsOff, StrictModel

if TYPE_CHECKING:
    from glsmed.shared.protocol.study import Study

RuleName = Literal["mean", "normalized_mean", "norm_bounded_mean", "trimmed_mean", "median"]
WeightName = Literal["cells", "patients", "gold_quality"]
LocalLayers = Literal["none", "norm", "head", "norm_and_head"]

ROBUST_RULES: tuple[RuleName, ...] = ("trimmed_mean", "median")


class AggregationSection(StrictModel):
    """How the updates of a round become one model."""

    rule: Annotated[
        RuleName,
        Field(
            description="mean of the sites' models; or of changes divided by their steps (normalized_mean), of changes "
            "cut to a bound (norm_bounded_mean), of each weight's middle values (trimmed_mean); or each weight's median"
        ),
    ] = "mean"
    weights: Annotated[
        WeightName,
        Field(
            description="what a site counts by: labelled cells, patients with a labelled cell, or cells times the "
            "quality of its labels; trimmed_mean and median count all sites alike"
        ),
    ] = "cells"
    least_quality_factor: Annotated[
        float, Field(gt=0, le=1, description="gold_quality: fewest times that a site's cells count")
    ] = 0.5
    most_quality_factor: Annotated[
        float, Field(ge=1, le=100, description="gold_quality: most times that a site's cells count")
    ] = 2.0
    norm_bound: Annotated[
        float | None,
        Field(
            gt=0,
            description="norm_bounded_mean: L2 norm that a site's change is cut to; null: the median of the round's "
            "norms",
        ),
    ] = None
    max_site_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="from three updates on: largest share of the mean that one site counts, whatever cells it "
            "claims; 1: no cap",
        ),
    ] = 0.5
    trimmed_sites: Annotated[
        int, Field(ge=1, le=1000, description="trimmed_mean: sites left out at each end, chosen anew for each weight")
    ] = 1


class ServerOptimizerSection(StrictModel):
    """What the centre does with the mean change of a round."""

    kind: Annotated[
        Literal["off", "momentum", "adam", "yogi"],
        FalseIsOff,
        Field(description="off: take it as it is; momentum, adam or yogi: step along it with a memory of past rounds"),
    ] = "off"
    learning_rate: Annotated[
        float | None,
        Field(gt=0, le=100, description="of that step; null: 1 for momentum, 0.01 for adam and yogi"),
    ] = None
    momentum: Annotated[
        float, Field(ge=0, lt=1, description="share of the past that stays in the mean change, each round")
    ] = 0.9
    second_momentum: Annotated[
        float, Field(ge=0, lt=1, description="adam and yogi: the same for the mean squared change")
    ] = 0.99
    adaptivity: Annotated[
        float,
        Field(gt=0, le=1, description="adam and yogi: added to the root of the mean square, in units of the weights"),
    ] = 1e-3


def strategy_faults(study: "Study") -> Iterator[str]:
    """What a study asks for that cannot be had together, each with what to do."""
    yield from _of_aggregation(study)
    yield from _of_control_variates(study)
    yield from _of_cross_site_evaluation(study)
    yield from _of_fine_tuning(study)
    if study.federation.secure_aggregation == "on" or study.federation.summed_metrics:
        yield from secure_aggregation_faults(study)
    yield from _of_summed_metrics(study)
    training = study.training
    if training.privacy.is_on:
        asked = [name for name, is_on in _beyond_plain_steps(study).items() if is_on]
        if asked:
            yield f"training.privacy goes with plain steps only: switch {' and '.join(asked)} off"
    if training.personal_model_mu is not None and training.local_layers != "none":
        yield (
            "training.personal_model_mu and training.local_layers both make a model the site's own: set one of them to "
            "null or none"
        )


def _of_cross_site_evaluation(study: "Study") -> Iterator[str]:
    if study.federation.cross_site_evaluation and study.training.local_layers != "none":
        yield (
            "federation.cross_site_evaluation sends whole models to other sites, and training.local_layers keeps parts "
            "of them at home: set one of them to false or none"
        )


def secure_aggregation_faults(study: "Study") -> Iterator[str]:
    """What of a study needs single updates at the centre, which secure aggregation hides; each with what to do."""
    federation, aggregation = study.federation, study.federation.aggregation
    is_linear = aggregation.rule == "mean" or (
        aggregation.rule == "norm_bounded_mean" and aggregation.norm_bound is not None
    )
    needed = {
        "federation.aggregation.rule: mean, or norm_bounded_mean with a norm_bound": is_linear,
        "federation.aggregation.weights: cells or patients": aggregation.weights != "gold_quality",
        "federation.precision: fp32 or bf16": federation.precision != "int8",
        "federation.late_updates: refuse": federation.late_updates == "refuse",
        "federation.cross_site_evaluation: false": not federation.cross_site_evaluation,
        "training.control_variates: false": not study.training.control_variates,
    }
    for setting, is_so in needed.items():
        if not is_so:
            yield (
                f"federation.secure_aggregation shows the centre only the sum of the sites' changes: it needs {setting}"
            )


def _of_summed_metrics(study: "Study") -> Iterator[str]:
    federation = study.federation
    if not federation.summed_metrics:
        return
    if federation.secure_aggregation != "on":
        yield (
            "federation.summed_metrics lets metrics leave inside sums only, and a site without a roster would have to "
            f"send its own: it needs federation.secure_aggregation: on, got {federation.secure_aggregation}"
        )
    if study.training.privacy.is_on:
        yield (
            "federation.summed_metrics adds exact counts of patients, on which there is no noise: it does not go with "
            "training.privacy; set it to false"
        )


def _of_fine_tuning(study: "Study") -> Iterator[str]:
    frozen, rounds = study.training.fine_tuning.frozen_rounds, study.training.rounds
    if frozen >= rounds:
        yield (
            f"training.fine_tuning.frozen_rounds is {frozen} of {rounds} rounds: the network would never be trained; "
            "lower it"
        )


def _beyond_plain_steps(study: "Study") -> dict[str, bool]:
    training = study.training
    return {
        "training.proximal_mu": training.proximal_mu > 0,
        "training.control_variates": training.control_variates,
        "training.personal_model_mu": training.personal_model_mu is not None,
    }


def _of_aggregation(study: "Study") -> Iterator[str]:
    aggregation, quorum = study.federation.aggregation, study.federation.quorum
    if aggregation.rule not in ROBUST_RULES:
        return
    if aggregation.weights != "cells":
        yield f"federation.aggregation: {aggregation.rule} counts all sites alike: leave weights at cells"
    least = 2 * aggregation.trimmed_sites + 1 if aggregation.rule == "trimmed_mean" else 3
    if quorum < least:
        yield f"federation.aggregation: {aggregation.rule} needs at least {least} sites: raise federation.quorum to it"


def _of_control_variates(study: "Study") -> Iterator[str]:
    training, federation = study.training, study.federation
    if not training.control_variates:
        return
    expected = {
        "training.optimizer: sgd": training.optimizer == "sgd",
        "training.momentum: 0": training.momentum == 0,
        "training.proximal_mu: 0": training.proximal_mu == 0,
        "training.local_layers: none": training.local_layers == "none",
        "training.fine_tuning at its defaults": training.fine_tuning == type(training.fine_tuning)(),
        "federation.aggregation.rule: mean": federation.aggregation.rule == "mean",
        "federation.server_optimizer.kind: off": federation.server_optimizer.kind == "off",
    }
    missing = [setting for setting, is_so in expected.items() if not is_so]
    if missing:
        yield (
            "training.control_variates are computed from plain gradient steps and their mean: they need "
            f"{', '.join(missing)}"
        )
