import pytest

from glsmed.benchmarks.strategies.catalogue import FINE_TUNING, PRETRAINED, REFERENCE, STRATEGIES, study_with
from glsmed.shared.errors import UsageError
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection

STUDY = Study(
    study="s",
    findings=("effusion",),
    training=TrainingSection(rounds=7),
    federation=FederationSection(quorum=3),
)


def test_every_strategy_is_a_study_of_its_own_that_can_be_run() -> None:
    studies = {name: study_with(STUDY, name) for name in STRATEGIES}
    assert studies[REFERENCE] == STUDY
    assert len({study.digest() for study in studies.values()}) == len(STRATEGIES)
    assert {study.training.rounds for study in studies.values()} == {7}


def test_a_strategy_differs_from_its_reference_in_one_section() -> None:
    for name, strategy in STRATEGIES.items():
        changed, reference = (study_with(STUDY, one) for one in (name, strategy.reference))
        sections = [
            changed.training != reference.training,
            changed.federation.aggregation != reference.federation.aggregation,
            changed.federation.server_optimizer != reference.federation.server_optimizer,
        ]
        assert sum(sections) <= 1 or name == "mean-sgd", name


def test_each_switch_of_fine_tuning_differs_from_the_pretrained_study_in_that_alone() -> None:
    plain = study_with(STUDY, PRETRAINED)
    for name, strategy in FINE_TUNING.items():
        changed = study_with(STUDY, name).training
        same = {"fine_tuning": plain.training.fine_tuning}
        assert changed.model_copy(update=same) == plain.training
        assert (changed.fine_tuning != plain.training.fine_tuning) is (strategy.reference == PRETRAINED)
        assert strategy.is_pretrained is (name != REFERENCE)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'median'"):
        study_with(STUDY, "medain")
