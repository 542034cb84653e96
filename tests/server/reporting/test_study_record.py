from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.study_record import read_study_record


def test_results_are_of_the_kept_round_on_the_test_patients(folder: StudyFolder) -> None:
    record = read_study_record(folder)
    assert (record.split, record.results_round, record.has_finished) == ("test", 2, True)
    assert sorted(record.results) == ["sakura", "st-mary"]
    assert record.results["st-mary"]["findings"]["effusion"]["auroc"] == 0.8


def test_what_a_site_said_when_it_first_joined_stays(folder: StudyFolder) -> None:
    RunFolder(folder.run).record("site_joined", {"site": "st-mary", "release": "later", "metrics": {}})
    record = read_study_record(folder)
    assert list(record.joined) == ["st-mary", "sakura", "lukas"]
    assert record.joined["st-mary"]["release"] != "later"


def test_every_reason_for_setting_a_site_aside_is_kept(folder: StudyFolder) -> None:
    run = RunFolder(folder.run)
    for reason in ("no reply", "diverged"):
        run.record("site_set_aside", {"site": "sakura", "reason": reason})
    assert read_study_record(folder).set_aside == {"sakura": ["no reply", "diverged"]}


def test_the_study_is_that_of_the_run_whatever_the_file_says_now(folder: StudyFolder) -> None:
    text = folder.study_file.read_text(encoding="utf-8")
    folder.study_file.write_text(text.replace("study: doubt", "study: another"), encoding="utf-8")
    assert read_study_record(folder).study.study == "doubt"
