from pathlib import Path

import pytest

from glsmed.server.folders.lineage import digests_of_run
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.study import FederationSection, PrivacySection, Study, TrainingSection

STUDY = Study(study="doubt", findings=("effusion",), training=TrainingSection(rounds=3))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run that has finished."""
    return _finished(tmp_path, STUDY)


def _finished(folder: Path, study: Study) -> Path:
    (folder / "study.yaml").write_text(study.model_dump_json())
    (folder / "summary.json").write_text("{}")
    return folder


def _with(study: Study, **sections: object) -> Study:
    return Study.model_validate({**study.model_dump(), **sections})


def test_the_study_as_it_was_has_its_own_digest_alone(run: Path) -> None:
    assert digests_of_run(run, STUDY) == (STUDY.digest(),)
    assert (run / "summary.json").exists()


@pytest.mark.parametrize(
    "changed",
    [
        _with(STUDY, training=TrainingSection(rounds=5)),
        _with(STUDY, training=TrainingSection(rounds=2)),
        _with(STUDY, federation=FederationSection(quorum=1)),
        _with(STUDY, federation=FederationSection(round_deadline_minutes=5)),
    ],
)
def test_a_longer_study_or_another_quorum_goes_on(run: Path, changed: Study) -> None:
    assert digests_of_run(run, changed) == (STUDY.digest(), changed.digest())
    assert not (run / "summary.json").exists()


def test_every_earlier_form_stays_known(run: Path) -> None:
    longer = [_with(STUDY, training=TrainingSection(rounds=rounds)) for rounds in (4, 5)]
    for study in longer:
        digests_of_run(run, study)
        (run / "study.yaml").write_text(study.model_dump_json())
    expected = (STUDY.digest(), *(study.digest() for study in longer))
    assert digests_of_run(run, longer[-1]) == digests_of_run(run, STUDY) == expected


@pytest.mark.parametrize(
    "changed",
    [
        _with(STUDY, findings=("nodule",)),
        _with(STUDY, training=TrainingSection(rounds=5, learning_rate=1e-3)),
        _with(STUDY, federation=FederationSection(max_update_norm=1)),
    ],
)
def test_any_other_change_is_another_study(run: Path, changed: Study) -> None:
    assert digests_of_run(run, changed) == (changed.digest(),)
    assert (run / "summary.json").exists()


def test_with_differential_privacy_a_changed_study_does_not_go_on(tmp_path: Path) -> None:
    private = TrainingSection(rounds=3, site_offset=False, privacy=PrivacySection(noise_multiplier=1))
    study = _with(STUDY, training=private)
    run = _finished(tmp_path, study)
    with pytest.raises(FederationError, match="a budget of its own"):
        digests_of_run(run, _with(study, training=private.model_copy(update={"rounds": 4})))


def test_a_damaged_record_is_named(run: Path) -> None:
    (run / "digests.json").write_text("{")
    with pytest.raises(FederationError, match=r"digests\.json is damaged"):
        digests_of_run(run, STUDY)
