import pytest
from pydantic import ValidationError

from glsmed.shared.protocol.study import Study

SCAFFOLD = {"control_variates": True, "optimizer": "sgd", "momentum": 0}
PRIVATE = {"site_offset": False, "privacy": {"noise_multiplier": 1}}


def study(training: dict[str, object], federation: dict[str, object]) -> Study:
    content = {"study": "s", "findings": ["effusion"], "training": training, "federation": federation}
    return Study.model_validate(content)


@pytest.mark.parametrize(
    ("training", "federation"),
    [
        (SCAFFOLD, {}),
        ({**PRIVATE, "local_layers": "norm"}, {"server_optimizer": {"kind": "adam"}}),
        ({"proximal_mu": 0.1, "local_layers": "head"}, {"aggregation": {"rule": "norm_bounded_mean"}}),
        ({"personal_model_mu": 0.1, "proximal_mu": 0.1}, {"aggregation": {"weights": "gold_quality"}}),
        ({}, {"quorum": 5, "aggregation": {"rule": "trimmed_mean", "trimmed_sites": 2}}),
        ({}, {"quorum": 3, "aggregation": {"rule": "median"}, "server_optimizer": {"kind": "momentum"}}),
    ],
)
def test_what_goes_together_is_taken(training: dict[str, object], federation: dict[str, object]) -> None:
    assert study(training, federation)


@pytest.mark.parametrize(
    ("training", "federation", "fault"),
    [
        ({"control_variates": True}, {}, "they need training.optimizer: sgd, training.momentum: 0"),
        ({**SCAFFOLD, "proximal_mu": 0.1}, {}, "they need training.proximal_mu: 0"),
        ({**SCAFFOLD, "local_layers": "norm"}, {}, "they need training.local_layers: none"),
        (SCAFFOLD, {"quorum": 3, "aggregation": {"rule": "median"}}, "they need federation.aggregation.rule: mean"),
        (SCAFFOLD, {"server_optimizer": {"kind": "adam"}}, "they need federation.server_optimizer.kind: off"),
        ({**PRIVATE, "proximal_mu": 1}, {}, "plain steps only: switch training.proximal_mu off"),
        ({**PRIVATE, **SCAFFOLD}, {}, "plain steps only: switch training.control_variates off"),
        ({**PRIVATE, "personal_model_mu": 1}, {}, "plain steps only: switch training.personal_model_mu off"),
        ({"personal_model_mu": 1, "local_layers": "norm"}, {}, "both make a model the site's own"),
        ({"local_layers": "norm"}, {"cross_site_evaluation": True}, "sends whole models to other sites"),
        ({}, {"aggregation": {"rule": "median"}}, "median needs at least 3 sites: raise federation.quorum"),
        (
            {},
            {"quorum": 4, "aggregation": {"rule": "trimmed_mean", "trimmed_sites": 2}},
            "trimmed_mean needs at least 5 sites",
        ),
        (
            {},
            {"quorum": 3, "aggregation": {"rule": "median", "weights": "patients"}},
            "median counts all sites alike: leave weights at cells",
        ),
    ],
)
def test_what_cannot_be_had_together_is_refused_with_the_remedy(
    training: dict[str, object], federation: dict[str, object], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        study(training, federation)


@pytest.mark.parametrize(
    ("training", "federation"),
    [
        ({"proximal_mu": 0.1}, {}),
        ({"local_layers": "norm"}, {}),
        ({"personal_model_mu": 0.1}, {}),
        (SCAFFOLD, {}),
        ({}, {"aggregation": {"weights": "patients"}}),
        ({}, {"server_optimizer": {"kind": "adam"}}),
        ({}, {"cross_site_evaluation": True}),
    ],
)
def test_how_sites_learn_together_is_part_of_what_hospitals_approve(
    training: dict[str, object], federation: dict[str, object]
) -> None:
    assert study(training, federation).digest() != study({}, {}).digest()


SUMMED: dict[str, object] = {"secure_aggregation": "on", "summed_metrics": True}


@pytest.mark.parametrize(
    ("training", "federation", "fault"),
    [
        ({}, {"summed_metrics": True}, "it needs federation.secure_aggregation: on, got auto"),
        ({}, {**SUMMED, "secure_aggregation": "off"}, "it needs federation.secure_aggregation: on, got off"),
        (
            {},
            {**SUMMED, "secure_aggregation": "auto", "precision": "int8"},
            "it needs federation.precision: fp32 or bf16",
        ),
        ({}, {**SUMMED, "cross_site_evaluation": True}, "it needs federation.cross_site_evaluation: false"),
        ({}, {**SUMMED, "quorum": 3, "aggregation": {"rule": "median"}}, "it needs federation.aggregation.rule: mean"),
        (
            {"site_offset": False, "privacy": {"noise_multiplier": 1.0}},
            SUMMED,
            "summed_metrics adds exact counts of patients, on which there is no noise",
        ),
    ],
)
def test_metrics_are_summed_only_where_nobody_can_fall_back_to_single_ones(
    training: dict[str, object], federation: dict[str, object], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        study(training, federation)
