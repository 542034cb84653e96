"""A study folder with the files of a run, written as the centre writes them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import MetricRow, RoundRecord, RunFolder, RunState
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.folders.study_template import study_template

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
MakeRecord = Callable[..., RoundRecord]


def record(number: int, *, seconds: float = 40.0, attempt: int = 1, accepted: bool = True) -> RoundRecord:
    """A round at st-mary and sakura, of which sakura is late where the quorum is not reached."""
    return RoundRecord(
        round=number,
        attempt=attempt,
        seconds=seconds,
        accepted=accepted,
        counted={"st-mary": 100, "sakura": 80} if accepted else {"st-mary": 100},
        not_counted={} if accepted else {"sakura": "late"},
        bytes_down=2_000,
        bytes_up=1_000,
    )


def validation(number: int, **by_site: float) -> list[MetricRow]:
    """The AUROC of effusion at each site, and how many patients it is about."""
    rows = [
        MetricRow(number, "validation", site, "gold", "effusion", "auroc", value) for site, value in by_site.items()
    ]
    return rows + [MetricRow(number, "validation", site, "gold", "", "patients", 12.0) for site in by_site]


RUNNING = RunState(
    "running",
    "round 3 of 50: training at sakura, st-mary",
    round=3,
    rounds=50,
    sites=("sakura", "st-mary"),
    quorum=2,
    waiting_for=("sakura",),
    since="2026-11-27T11:58:00+00:00",
    deadline_at="2026-11-27T12:58:00+00:00",
    seen={"sakura": "2026-11-27T11:40:00+00:00", "st-mary": "2026-11-27T11:59:58+00:00"},
)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """A study that was never started, with two admitted sites."""
    made = StudyFolder.at(tmp_path)
    made.study_file.write_text(study_template("doubt", public_names=["localhost"]))
    made.sites.mkdir()
    for site in ("sakura", "st-mary"):
        (made.sites / f"{site}.yaml").touch()
    made.prepare_state()
    return made


@pytest.fixture
def run(folder: StudyFolder) -> RunFolder:
    """The study's run: two rounds counted, the third in its second attempt."""
    made = RunFolder(folder.run)
    for one in (record(1, seconds=30), record(2, seconds=50), record(3, accepted=False)):
        made.add_round(one)
    made.add_metrics(validation(1, sakura=0.6, **{"st-mary": 0.7}))
    made.add_metrics(validation(2, sakura=0.7, **{"st-mary": 0.9}))
    made.report(RUNNING)
    return made
