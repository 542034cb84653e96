"""What is true of a study now, from its folder alone: also while it runs, after Ctrl-C, and after a crash."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.run_folder import (
    MetricRow,
    RoundRecord,
    RunState,
    State,
    read_metrics,
    read_rounds,
    read_status,
)
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.exclusive_lock import is_held

_ONLINE_SECONDS = 60.0  # a site that was seen no longer ago is taken to be online
_SHOWN_METRICS = ("auroc", "auprc", "brier", "ece", "log_loss")

ShownState = State | Literal["not started", "starting"]


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One admitted site.

    Attributes:
        online: seen within the last minute by a centre that runs.
        last_seen: UTC, ISO 8601; empty if never.
        takes_part: in the step in progress.
        is_waited_for: it has been asked and has not replied.
        counted: rounds in which its update counted.
        not_counted: attempts at a round in which it did not.
        last_reason: why its update did not count the last time it was asked; empty if it did.
    """

    online: bool
    last_seen: str
    takes_part: bool
    is_waited_for: bool
    counted: int
    not_counted: int
    last_reason: str


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """A study as of now. Times are UTC in ISO 8601, empty where there is none.

    Attributes:
        centre_runs: whether a ``flwr-server`` lives that runs the study.
        rounds_done: rounds that counted.
        attempt: which try at ``round``, from 1; 0 before the first.
        since: when the step in progress began.
        seconds_left: an estimate: the median of the rounds so far, times the rounds left; None before the first round.
        last_round: the last attempt that is over.
        validation: means over sites and findings after ``validation_round``.
        sums_metrics: whether these are of all sites together, since no site's own leave it.
        written_at: when the centre last wrote its state.
    """

    study: str
    state: ShownState
    message: str
    centre_runs: bool
    round: int
    rounds: int
    rounds_done: int
    attempt: int
    quorum: int
    sites: Mapping[str, SiteStatus]
    waiting_for: tuple[str, ...] = ()
    since: str = ""
    deadline_at: str = ""
    seconds_left: float | None = None
    last_round: RoundRecord | None = None
    validation_round: int = 0
    validation: Mapping[str, float] = field(default_factory=dict)
    sums_metrics: bool = False
    written_at: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen unless somebody starts the study again."""
        return self.state in ("finished", "failed") and not self.centre_runs


def study_status(folder: StudyFolder, *, now: datetime) -> StudyStatus:
    """The status of the study in this folder; nothing is written, and no process of it is asked.

    Raises:
        ConfigurationError: study.yaml has faults.
        FederationError: a file of the run is damaged.
    """
    study, records = folder.study(), read_rounds(folder.run)
    centre_runs = is_held(folder.lock)
    truth = _true_state(read_status(folder.run), folder, centre_runs=centre_runs)
    known = truth.known
    rounds = known.rounds or study.training.rounds
    done = sum(record.accepted for record in records)
    validation_round, validation = _validation(read_metrics(folder.run))
    return StudyStatus(
        study=study.study,
        state=truth.shown,
        message=known.message,
        centre_runs=centre_runs,
        round=known.round,
        rounds=rounds,
        rounds_done=done,
        attempt=_attempt(records, known),
        quorum=known.quorum or study.federation.quorum,
        sites=_sites(folder, known, records, now=now if centre_runs else None),
        waiting_for=known.waiting_for,
        since=known.since,
        deadline_at=known.deadline_at,
        seconds_left=0.0 if truth.shown == "finished" else _seconds_left(records, rounds - done),
        last_round=records[-1] if records else None,
        validation_round=validation_round,
        validation=validation,
        sums_metrics=study.federation.summed_metrics,
        written_at=known.updated_at,
    )


@dataclass(frozen=True, slots=True)
class _Truth:
    """The state to show, and what the centre wrote, without what no longer holds."""

    shown: ShownState
    known: RunState


def _true_state(written: RunState | None, folder: StudyFolder, *, centre_runs: bool) -> _Truth:
    if centre_runs:
        if written is None or _is_of_an_earlier_start(folder):
            return _Truth("starting", RunState("waiting", "flwr-server is starting"))
        return _Truth(written.state, written)
    if written is not None and written.state in ("finished", "failed"):
        return _Truth(written.state, written)
    latest = CheckpointFolder(folder.run / "checkpoints").latest() or 0
    if written is None and not latest:
        return _Truth("not started", RunState("waiting", f"start it with: flwr-server --study {folder.study_file}"))
    return _Truth("interrupted", _without_a_centre(written or RunState("interrupted"), latest))


def _is_of_an_earlier_start(folder: StudyFolder) -> bool:
    """Whether the status was written before the centre that runs now took the lock."""
    return (folder.run / "status.json").stat().st_mtime < folder.lock.stat().st_mtime


def _without_a_centre(written: RunState, latest: int) -> RunState:
    after = f"go on after round {latest}" if latest else "begin with round 1"
    message = f"no flwr-server runs this study: start it again to {after}"
    return replace(written, message=message, sites=(), waiting_for=(), since="", deadline_at="")


def _attempt(records: Iterable[RoundRecord], known: RunState) -> int:
    over = [record.accepted for record in records if record.round == known.round]
    if not known.round:
        return 0
    return len(over) if over and over[-1] else len(over) + 1


def _sites(
    folder: StudyFolder, known: RunState, records: Iterable[RoundRecord], *, now: datetime | None
) -> Mapping[str, SiteStatus]:
    """Every admitted site, by name; ``now`` is None where no centre runs that could see any."""
    names = sorted({path.stem for path in folder.sites.glob("*.yaml")} | set(known.sites))
    past = list(records)
    return {name: _site(name, known, past, now=now) for name in names}


def _site(name: str, known: RunState, records: Iterable[RoundRecord], *, now: datetime | None) -> SiteStatus:
    asked = [record for record in records if name in record.counted or name in record.not_counted]
    counted = [record.accepted and name in record.counted for record in asked]
    seen = known.seen.get(name, "")
    return SiteStatus(
        online=now is not None and _is_recent(seen, now),
        last_seen=seen,
        takes_part=name in known.sites,
        is_waited_for=name in known.waiting_for,
        counted=sum(counted),
        not_counted=len(counted) - sum(counted),
        last_reason=asked[-1].not_counted.get(name, "") if asked else "",
    )


def _is_recent(seen: str, now: datetime) -> bool:
    return bool(seen) and now - datetime.fromisoformat(seen) <= timedelta(seconds=_ONLINE_SECONDS)


def _seconds_left(records: Iterable[RoundRecord], rounds_left: int) -> float | None:
    seconds = [record.seconds for record in records if record.accepted]
    return statistics.median(seconds) * max(0, rounds_left) if seconds else None


def _validation(rows: Iterable[MetricRow]) -> tuple[int, Mapping[str, float]]:
    """The last validated round, and the mean of each metric over the sites and findings that were sent."""
    by_round: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.split == "validation" and row.finding and row.metric in _SHOWN_METRICS:
            by_round[row.round][row.metric].append(row.value)
    last = max(by_round, default=0)
    return last, {metric: statistics.fmean(values) for metric, values in sorted(by_round[last].items())}
