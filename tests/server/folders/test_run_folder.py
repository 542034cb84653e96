import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import MetricRow, RoundRecord, RunFolder, RunState, State, end_status, read_status
from glsmed.shared.errors import FederationError
from glsmed.shared.files.audit import verify


def _row(round_number: int, value: float, *, site: str = "st-mary", split: str = "validation") -> MetricRow:
    return MetricRow(round_number, split, site, "gold", "effusion", "auroc", value)


def _record(round_number: int, attempt: int = 1) -> RoundRecord:
    return RoundRecord(
        round_number, attempt, 2.5, accepted=True, counted={"st-mary": 7}, not_counted={"sakura": "late"}
    )


def test_another_process_reads_the_status(tmp_path: Path) -> None:
    assert read_status(tmp_path / "run") is None
    state = RunState("running", "round 2 of 5", round=2, rounds=5, sites=("sakura", "st-mary"))
    RunFolder(tmp_path / "run").report(state)
    read = read_status(tmp_path / "run")
    assert read is not None
    assert (read.state, read.message, read.round, read.rounds, read.sites) == (
        "running",
        "round 2 of 5",
        2,
        5,
        ("sakura", "st-mary"),
    )
    assert read.updated_at


def test_one_who_looks_seldom_misses_no_message(tmp_path: Path) -> None:
    folder, state = RunFolder(tmp_path), RunState("running")
    state = state.saying("round 1: training")
    folder.report(state)
    seen = read_status(tmp_path)
    for message in ("round 1: 2 sites counted", "round 2: training"):
        state = state.saying(message)
        folder.report(state)
    now = read_status(tmp_path)
    assert seen is not None
    assert now is not None
    assert now.messages_after(None) == ("round 1: training", "round 1: 2 sites counted", "round 2: training")
    assert now.messages_after(seen) == ("round 1: 2 sites counted", "round 2: training")
    assert now.messages_after(now) == ()
    assert now.message == "round 2: training"


def test_only_the_last_messages_are_kept() -> None:
    state = RunState("running")
    for number in range(100):
        state = state.saying(f"round {number}")
    assert 3 < len(state.said) < 50
    assert state.said[-1][1] == "round 99"


def test_a_state_with_a_message_alone_is_told_once() -> None:
    failed = RunState("failed", "the disk is full")
    assert failed.messages_after(RunState("running").saying("round 1")) == ("the disk is full",)
    assert failed.messages_after(failed) == ()


@pytest.mark.parametrize("before", ["waiting", "running", "paused", "interrupted"])
def test_a_run_whose_processes_are_gone_is_said_to_be_interrupted(tmp_path: Path, before: State) -> None:
    state = RunState(before, "round 2", round=2, rounds=5, sites=("a",), waiting_for=("a",), since="x", deadline_at="y")
    RunFolder(tmp_path).report(state)
    end_status(tmp_path, "interrupted", "stopped")
    read = read_status(tmp_path)
    assert read is not None
    assert (read.state, read.message, read.round, read.rounds) == ("interrupted", "stopped", 2, 5)
    assert (read.sites, read.waiting_for, read.since, read.deadline_at) == ((), (), "", "")


@pytest.mark.parametrize("before", ["finished", "failed"])
def test_a_run_that_has_ended_keeps_its_last_word(tmp_path: Path, before: State) -> None:
    RunFolder(tmp_path).report(RunState(before, "the last word"))
    end_status(tmp_path, "interrupted", "stopped")
    read = read_status(tmp_path)
    assert read is not None
    assert (read.state, read.message) == (before, "the last word")


def test_where_no_status_was_written_none_is_made_up(tmp_path: Path) -> None:
    end_status(tmp_path, "interrupted", "stopped")
    assert read_status(tmp_path) is None


def test_a_beat_writes_the_status_again_but_not_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 100.0
    monkeypatch.setattr("glsmed.server.folders.run_folder.time.monotonic", lambda: clock)
    folder = RunFolder(tmp_path)
    folder.report(RunState("waiting", "for sites"))
    (tmp_path / "status.json").unlink()
    folder.beat()
    assert read_status(tmp_path) is None
    clock += 6
    folder.beat()
    state = read_status(tmp_path)
    assert state is not None
    assert state.message == "for sites"


def test_metrics_are_one_table_that_spreadsheets_read(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_metrics([_row(1, 0.7), _row(1, 0.6, site="sakura")])
    folder.add_metrics([_row(2, 0.8)])
    with (tmp_path / "metrics.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert [(row["round"], row["site"], row["metric"], row["value"]) for row in rows] == [
        ("1", "st-mary", "auroc", "0.7"),
        ("1", "sakura", "auroc", "0.6"),
        ("2", "st-mary", "auroc", "0.8"),
    ]


def test_numbers_of_the_same_round_and_split_are_replaced(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_metrics([_row(1, 0.7), _row(2, 0.7)])
    folder.add_metrics([_row(2, 0.75)])
    folder.add_metrics([_row(2, 0.9, split="test")])
    assert [(row.round, row.split, row.value) for row in folder.metrics()] == [
        (1, "validation", 0.7),
        (2, "validation", 0.75),
        (2, "test", 0.9),
    ]


def test_rounds_without_a_checkpoint_are_forgotten(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for number in (1, 2, 3):
        folder.add_round(_record(number))
        folder.add_metrics([_row(number, 0.5)])
    folder.forget_after(2)
    assert folder.rounds() == (_record(1), _record(2))
    assert [row.round for row in folder.metrics()] == [1, 2]


def test_every_attempt_is_a_line_with_its_reasons(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_round(_record(1, attempt=1))
    folder.add_round(_record(1, attempt=2))
    lines = [json.loads(line) for line in (tmp_path / "rounds.jsonl").read_text().splitlines()]
    assert [line["attempt"] for line in lines] == [1, 2]
    assert lines[0]["not_counted"] == {"sakura": "late"}


def test_the_audit_chain_goes_on_when_the_run_is_started_again(tmp_path: Path) -> None:
    RunFolder(tmp_path).record("joined", {"site": "st-mary"})
    RunFolder(tmp_path).record("counted", {"site": "st-mary", "round": 1})
    report = verify(tmp_path / "audit.jsonl")
    assert (report.entries, report.first_broken) == (2, None)


def test_the_summary_is_there_once_it_is_written(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.summary() is None
    folder.write_summary({"rounds": 5})
    assert folder.summary() == {"rounds": 5}


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(FederationError, match=r"run cannot be written: .*; make room and start again"):
        RunFolder(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("rounds.jsonl", '{"round": 1}\n', RunFolder.rounds),
        ("rounds.jsonl", '{"round"\n', RunFolder.rounds),
        ("metrics.csv", "round,split\n1,test\n", RunFolder.metrics),
        ("summary.json", "", RunFolder.summary),
        ("shared_prior.json", "{}", RunFolder.shared_prior),
        ("status.json", "", lambda folder: read_status(folder.root)),
        ("status.json", '{"state": "running"}', lambda folder: read_status(folder.root)),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: str, read: Callable[[RunFolder], object]) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(FederationError, match=rf"{name} is damaged"):
        read(RunFolder(tmp_path))
