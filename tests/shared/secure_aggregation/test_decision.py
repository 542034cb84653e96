from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.decision import norm_of, roster_in_use
from tests.masked_sites import NAMES, roster_of, study_of

CANNOT = {
    "median": {"aggregation": {"rule": "median"}, "quorum": 3},
    "trimmed mean": {"aggregation": {"rule": "trimmed_mean"}, "quorum": 3},
    "normalized mean": {"aggregation": {"rule": "normalized_mean"}},
    "median of norms": {"aggregation": {"rule": "norm_bounded_mean"}},
    "gold quality": {"aggregation": {"weights": "gold_quality"}},
    "late updates": {"late_updates": "discount"},
    "single models": {"cross_site_evaluation": True},
    "int8": {"precision": "int8"},
}
CAN = {
    "patients": {"aggregation": {"weights": "patients"}},
    "bounded": {"aggregation": {"rule": "norm_bounded_mean", "norm_bound": 2}},
    "momentum": {"server_optimizer": {"kind": "momentum"}},
    "yogi": {"server_optimizer": {"kind": "yogi"}},
    "bf16": {"precision": "bf16"},
}


@pytest.fixture
def roster_file(tmp_path: Path) -> Path:
    file = tmp_path / "roster.yaml"
    file.write_text(roster_of().to_yaml(), encoding="utf-8")
    return file


@pytest.fixture
def two_sites(tmp_path: Path) -> Path:
    file = tmp_path / "two.yaml"
    file.write_text(roster_of(NAMES[:2]).to_yaml(), encoding="utf-8")
    return file


@pytest.mark.parametrize("setting", ["auto", "on"])
def test_three_sites_on_an_approved_roster_are_masked(roster_file: Path, setting: str) -> None:
    assert roster_in_use(study_of(secure_aggregation=setting), roster_file) == roster_of()


def test_off_is_off_whatever_lies_there(roster_file: Path) -> None:
    assert roster_in_use(study_of(secure_aggregation="off"), roster_file) is None


def test_auto_is_off_without_a_roster_or_with_one_of_two(two_sites: Path) -> None:
    assert roster_in_use(study_of(), None) is None
    assert roster_in_use(study_of(), two_sites) is None


def test_on_without_a_roster_of_three_is_one_clear_error(two_sites: Path) -> None:
    for file, why in ((None, "there is no roster"), (two_sites, "the roster has 2")):
        with pytest.raises(DataError, match=why):
            roster_in_use(study_of(secure_aggregation="on"), file)


@pytest.mark.parametrize("federation", CANNOT.values(), ids=CANNOT)
def test_what_needs_single_updates_is_refused_with_on_and_turns_auto_off(
    roster_file: Path, federation: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="only the sum of the sites' changes: it needs "):
        study_of(secure_aggregation="on", **federation)
    assert roster_in_use(study_of(**federation), roster_file) is None


def test_control_variates_need_single_updates() -> None:
    training = {"control_variates": True, "optimizer": "sgd", "momentum": 0}
    content = {"study": "doubt", "findings": ["effusion"], "training": training}
    Study.model_validate(content)
    with pytest.raises(ValueError, match=r"it needs training\.control_variates: false"):
        Study.model_validate({**content, "federation": {"secure_aggregation": "on"}})


@pytest.mark.parametrize("federation", CAN.values(), ids=CAN)
def test_what_is_linear_goes_with_it(roster_file: Path, federation: dict[str, object]) -> None:
    assert roster_in_use(study_of(secure_aggregation="on", **federation), roster_file) is not None


def test_the_norm_is_the_tighter_bound_of_the_study() -> None:
    assert norm_of(study_of()) == 100
    assert norm_of(study_of(max_update_norm=5)) == 5
    bounded = {"rule": "norm_bounded_mean", "norm_bound": 2}
    assert norm_of(study_of(max_update_norm=5, aggregation=bounded)) == 2
    assert norm_of(study_of(max_update_norm=1, aggregation=bounded)) == 1
