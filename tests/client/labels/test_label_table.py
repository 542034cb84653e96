import sqlite3
import stat
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from glsmed.client.data.manifest import ImageEntry, Manifest
from glsmed.client.labels import label_table
from glsmed.client.labels.label_table import LabelRow, LabelSource, count_states, load_label_table
from glsmed.shared.errors import DataError
from glsmed.shared.protocol.study import LabelSection
from glsmed.shared.smoothing import smoothed_targets
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

READER = Reader(load_adapter("en_radiology"))
REPORTS = {
    "plain": "There is a pleural effusion.",
    "doubt": "A pleural effusion cannot be excluded.",
    "denied": "No pleural effusion.",
    "silent": "The bones are intact.",
}


def source(
    reports: dict[str, str] = REPORTS,
    *,
    findings: Sequence[str] = ("effusion", "pneumothorax"),
    settings: LabelSection | None = None,
) -> LabelSource:
    images = tuple(ImageEntry(study, f"patient-of-{study}", Path(f"{study}.png")) for study in reports)
    return LabelSource(Manifest(images, reports), READER, findings, settings or LabelSection())


def effusions(path: Path, made_from: LabelSource) -> dict[str, LabelRow]:
    rows = load_label_table(path / "labels.sqlite", made_from)
    return {row.study_id: row for row in rows if row.finding == "effusion"}


def test_there_is_one_cell_for_every_study_and_finding(tmp_path: Path) -> None:
    rows = load_label_table(tmp_path / "labels.sqlite", source())
    assert {(row.study_id, row.finding) for row in rows} == {
        (study, finding) for study in REPORTS for finding in ("effusion", "pneumothorax")
    }
    assert all(row.patient_id == f"patient-of-{row.study_id}" for row in rows)


def test_states_are_what_the_words_say(tmp_path: Path) -> None:
    states = {study: row.state for study, row in effusions(tmp_path, source()).items()}
    assert states == {"plain": "present", "doubt": "uncertain", "denied": "absent", "silent": "unmentioned"}


@pytest.mark.parametrize(
    ("study", "words"), [("plain", "pleural effusion"), ("doubt", "cannot be excluded"), ("denied", "No")]
)
def test_a_target_can_be_traced_to_the_words_that_made_it(tmp_path: Path, study: str, words: str) -> None:
    row = effusions(tmp_path, source())[study]
    assert REPORTS[study][row.span_start : row.span_end] == words
    assert row.section == "body"
    assert row.adapter == f"en_radiology@{READER.adapter.version}+{READER.adapter.digest[:12]}"
    assert row.cue in READER.adapter.cues


def test_the_target_is_the_posterior_probability(tmp_path: Path) -> None:
    for row in effusions(tmp_path, source()).values():
        assert row.label in (0, 1)
        assert 0 <= row.rate <= 1
        assert row.target == pytest.approx(row.posterior_mean, abs=1e-12)
        assert row.target == pytest.approx(row.label * (1 - row.rate) + row.rate / 2, abs=1e-12)


def test_the_target_survives_training_precision(tmp_path: Path) -> None:
    rows = list(effusions(tmp_path, source()).values())
    labels, rates = torch.tensor([row.label for row in rows]), torch.tensor([row.rate for row in rows])
    expected = torch.tensor([row.posterior_mean for row in rows])
    torch.testing.assert_close(smoothed_targets(labels, rates), expected)


def test_an_unmentioned_finding_is_masked(tmp_path: Path) -> None:
    row = effusions(tmp_path, source())["silent"]
    assert (row.weight, row.cue, row.span_start) == (0, "", -1)


def test_an_unmentioned_finding_is_absent_only_where_the_study_says_so(tmp_path: Path) -> None:
    settings = LabelSection(unmentioned="absent", unmentioned_probability=0.1)
    row = effusions(tmp_path, source(settings=settings))["silent"]
    assert row.state == "unmentioned"
    assert (row.label, row.rate, row.weight) == pytest.approx((0, 0.2, 1))


@pytest.mark.parametrize("unmentioned", ["masked", "absent"])
def test_a_finding_that_cannot_be_judged_is_masked_whatever_the_study_says_of_unmentioned_ones(
    tmp_path: Path, unmentioned: Literal["masked", "absent"]
) -> None:
    settings = LabelSection(unmentioned=unmentioned)
    reports = {"hidden": "Effusion cannot be assessed.", "judged": "FINDINGS: Effusion cannot be assessed. Effusion."}
    rows = effusions(tmp_path, source(reports, settings=settings))
    assert (rows["hidden"].state, rows["hidden"].weight) == ("not assessable", 0)
    assert (rows["judged"].state, rows["judged"].weight) == ("present", 1)


def test_a_finding_that_the_adapter_does_not_know_has_no_cell(tmp_path: Path) -> None:
    rows = load_label_table(tmp_path / "labels.sqlite", source(findings=("effusion", "gallstone")))
    assert {row.finding for row in rows} == {"effusion"}


def halved(cell: Cell, report: Collection[Cell]) -> tuple[float, float]:
    return cell.probability / 2, 0.01


def test_a_calibration_moves_the_posterior_and_leaves_the_prior(tmp_path: Path) -> None:
    plain = effusions(tmp_path, source())["doubt"]
    row = effusions(tmp_path, replace(source(), calibration=halved, calibration_digest="c1"))["doubt"]
    assert row.prior_mean == plain.prior_mean
    assert row.posterior_mean == row.target == pytest.approx(plain.prior_mean / 2)
    assert row.posterior_spread == 0.01


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every table that is made."""
    made: list[str] = []
    make = label_table._make_rows

    def counted(made_from: LabelSource) -> list[LabelRow]:
        made.append(made_from.digest())
        return list(make(made_from))

    monkeypatch.setattr(label_table, "_make_rows", counted)
    return made


def test_the_table_is_kept_while_nothing_changes(tmp_path: Path, builds: list[str]) -> None:
    assert effusions(tmp_path, source()) == effusions(tmp_path, source())
    assert len(builds) == 1


@pytest.mark.parametrize(
    "changed",
    [
        source({**REPORTS, "silent": "Effusion."}),
        source(dict(list(REPORTS.items())[:3])),
        source(findings=("effusion",)),
        source(settings=LabelSection(unmentioned="absent")),
        replace(source(), calibration=halved, calibration_digest="c1"),
        replace(source(), reader=Reader(replace(READER.adapter, digest="other"))),
    ],
    ids=["report", "fewer studies", "findings", "unmentioned", "calibration", "adapter"],
)
def test_the_table_is_made_anew_when_a_source_changes(tmp_path: Path, builds: list[str], changed: LabelSource) -> None:
    effusions(tmp_path, source())
    effusions(tmp_path, changed)
    assert len(builds) == 2


@pytest.mark.parametrize("content", [b"", b"no table", b"SQLite format 3\0" + bytes(200)])
def test_a_spoiled_table_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.sqlite").write_bytes(content)
    assert len(effusions(tmp_path, source())) == len(REPORTS)


def test_a_table_of_another_layout_is_made_anew(tmp_path: Path) -> None:
    effusions(tmp_path, source())
    with sqlite3.connect(tmp_path / "labels.sqlite") as table:
        table.execute("DROP TABLE made_from")
    table.close()
    assert len(effusions(tmp_path, source())) == len(REPORTS)


def test_only_its_owner_can_read_the_table(tmp_path: Path) -> None:
    effusions(tmp_path, source())
    assert stat.S_IMODE((tmp_path / "labels.sqlite").stat().st_mode) == 0o600


def test_a_full_disk_is_an_error_and_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = effusions(tmp_path, source())

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", full)
        patched.setattr(label_table, "_stored_digest", lambda path: "")
        with pytest.raises(DataError, match=r"labels\.sqlite: the label table cannot be written: database or disk is"):
            effusions(tmp_path, source({}))
    assert effusions(tmp_path, source()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["labels.sqlite"]


def test_counts_add_up_by_finding_and_state(tmp_path: Path) -> None:
    counts = count_states(load_label_table(tmp_path / "labels.sqlite", source()))
    assert counts["effusion"] == {"present": 1, "absent": 1, "uncertain": 1, "not assessable": 0, "unmentioned": 1}
    assert counts["pneumothorax"] == {"present": 0, "absent": 0, "uncertain": 0, "not assessable": 0, "unmentioned": 4}


def test_the_table_is_made_anew_by_other_code(
    tmp_path: Path, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    effusions(tmp_path, source())
    monkeypatch.setattr(label_table, "_code_digest", lambda: "of another release")
    effusions(tmp_path, source())
    assert len(builds) == 2


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    for name in (".labels.sqlite.abcd1234", ".labels.sqlite.abcd1234-journal"):
        (tmp_path / name).write_bytes(b"")
    effusions(tmp_path, source())
    assert [path.name for path in tmp_path.iterdir()] == ["labels.sqlite"]
