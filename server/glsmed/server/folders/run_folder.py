"""The files of a run, and how another process follows it.

    run/study.yaml      the study as run
    run/status.json     the state of the run; written again at least every few seconds
    run/rounds.jsonl    one line per attempt at a round: which sites counted, which did not and why
    run/metrics.csv     round, split, site, reference, finding, metric, value
    run/checkpoints/    one safetensors file per round
    run/peers/          the sites' own models of the last round, where the study has them measured; gone at the end
    run/shared_prior.json  the prior from all sites' counts per cue, where the study shares them
    run/audit.jsonl     hash-chained log: who joined, what counted
    run/wish.json       what the operator wants: to stop or to pause
    run/summary.json    written last

A run that is started again in the same folder continues after its last checkpoint.
"""

import csv
import dataclasses
import io
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.wish import Wish, forget_wish, read_wish
from glsmed.shared.cue_calibration.shared_prior import SharedPrior, prior_from_json
from glsmed.shared.errors import FederationError, WireError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.audit import AuditLog, recorded
from glsmed.shared.protocol.metric_names import DECISION_METRICS

_BEAT_SECONDS = 5.0
_MESSAGES_KEPT = 20  # more than are said between two looks
CHOOSING_METRICS = frozenset({"log_loss", "auroc", "ece", *DECISION_METRICS})  # what a round can be chosen by

State = Literal["waiting", "running", "paused", "finished", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of a run. Times are UTC in ISO 8601, empty where there is none.

    Attributes:
        message: one line for a person.
        round: the round in progress; 0 before the first.
        rounds: rounds of the study, as extended.
        sites: those that take part in the step in progress.
        quorum: sites whose updates a round needs.
        waiting_for: sites that have been asked and have not replied.
        since: when the step in progress began.
        deadline_at: when a site that has not replied is late.
        seen: when each admitted site was online last.
        updated_at: when this was written; the centre writes it again at least every few seconds.
        said: the last messages, each with when it was said: one who looks now and then misses none.
    """

    state: State
    message: str = ""
    round: int = 0
    rounds: int = 0
    sites: tuple[str, ...] = ()
    quorum: int = 0
    waiting_for: tuple[str, ...] = ()
    since: str = ""
    deadline_at: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    updated_at: str = ""
    said: tuple[tuple[str, str], ...] = ()

    def saying(self, message: str) -> "RunState":
        """This state with one message more."""
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        return dataclasses.replace(self, message=message, said=(*self.said, (at, message))[-_MESSAGES_KEPT:])

    def messages_after(self, earlier: "RunState | None") -> tuple[str, ...]:
        """What has been said since ``earlier`` was read, in order."""
        if not self.said:
            is_new = earlier is None or self.message != earlier.message
            return (self.message,) if self.message and is_new else ()
        known = () if earlier is None else earlier.said
        return tuple(message for at, message in self.said if (at, message) not in known)


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One attempt at a round.

    Attributes:
        seconds: from the request to the new model.
        accepted: whether the quorum was reached.
        counted: training cells of each site that counted.
        not_counted: the reason for each site that did not.
        site_seconds: training time of each site that replied, as it says.
        bytes_down: of the models sent to all sites.
        bytes_up: of the updates received from all sites.
        started_at: UTC, ISO 8601.
    """

    round: int
    attempt: int
    seconds: float
    accepted: bool
    counted: Mapping[str, int]
    not_counted: Mapping[str, str]
    site_seconds: Mapping[str, float] = field(default_factory=dict)
    bytes_down: int = 0
    bytes_up: int = 0
    started_at: str = ""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One number of one site."""

    round: int
    split: str
    site: str
    reference: str
    finding: str
    metric: str
    value: float


def read_status(run_folder: Path) -> RunState | None:
    """The state of the run in this folder; None before it has written any.

    Raises:
        FederationError: the file is damaged.
    """
    path = _status_file(run_folder)
    if not path.is_file():
        return None
    with _reading(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(content[name]) for name in ("sites", "waiting_for")}
        said = tuple((at, message) for at, message in content.get("said", ()))
        return RunState(**{**content, **lists, "said": said})


def write_status(run_folder: Path, state: RunState) -> None:
    """Write ``status.json``.

    Raises:
        FederationError: the disk is full or the folder cannot be written.
    """
    with _writing(run_folder):
        text = json.dumps(dataclasses.asdict(state), indent=2, ensure_ascii=False)
        write_text(_status_file(run_folder), text + "\n")


def remove_status(run_folder: Path) -> None:
    """Remove the status that an earlier run left, so that none is read before the next run writes its own."""
    _status_file(run_folder).unlink(missing_ok=True)


def end_status(run_folder: Path, state: State, message: str) -> None:
    """Write how the run stands once its processes are gone, unless it had ended before.

    Raises:
        FederationError: the file is damaged, or cannot be written.
    """
    last = read_status(run_folder)
    if last is not None and last.state not in ("finished", "failed"):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        over = dataclasses.replace(last, sites=(), waiting_for=(), since="", deadline_at="", updated_at=now)
        write_status(run_folder, dataclasses.replace(over, state=state, message=message))


def read_rounds(run_folder: Path) -> tuple[RoundRecord, ...]:
    """Every attempt at a round in this folder, in order; for those that only look on.

    Raises:
        FederationError: the file is damaged.
    """
    path = run_folder / "rounds.jsonl"
    with _reading(path):
        return tuple(RoundRecord(**json.loads(line)) for line in _whole_lines(path))


def read_metrics(run_folder: Path) -> tuple[MetricRow, ...]:
    """Every number in this folder, in order; for those that only look on.

    Raises:
        FederationError: the file is damaged.
    """
    path = run_folder / "metrics.csv"
    with _reading(path):
        return tuple(_metric_row(row) for row in csv.DictReader(_whole_lines(path)))


def read_summary(run_folder: Path) -> Mapping[str, object] | None:
    """The summary in this folder, for those that only look on; None before the run has finished.

    Raises:
        FederationError: the file is damaged.
    """
    path = run_folder / "summary.json"
    if not path.is_file():
        return None
    with _reading(path):
        return dict(json.loads(path.read_text(encoding="utf-8")))


def _status_file(run_folder: Path) -> Path:
    return run_folder / "status.json"


class RunFolder:
    """The files of one run.

    Raises:
        FederationError: from every method that writes, when the disk is full or the folder cannot be written; from
            every method that reads, when the file is damaged.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checkpoints = CheckpointFolder(root / "checkpoints")
        self._state = RunState("waiting")
        self._written_at = 0.0
        self._known_splits: set[tuple[int, str]] | None = None
        self._validation: list[MetricRow] | None = None
        with _writing(root):
            root.mkdir(parents=True, exist_ok=True)
            self._audit = AuditLog(root / "audit.jsonl")

    def keep_study(self, text: str) -> None:
        """Write ``study.yaml`` as run."""
        self._write("study.yaml", text)

    def report(self, state: RunState) -> None:
        """Write ``status.json``."""
        self._state = dataclasses.replace(state, updated_at=datetime.now(UTC).isoformat(timespec="seconds"))
        write_status(self.root, self._state)
        self._written_at = time.monotonic()

    def beat(self) -> None:
        """Write the status again with the current time, if it is some seconds old."""
        if time.monotonic() - self._written_at > _BEAT_SECONDS:
            self.report(self._state)

    def record(self, event: str, fields: Mapping[str, object]) -> None:
        """Append one entry to the centre's audit log."""
        with _writing(self.root):
            self._audit.append(event, fields)

    def recorded(self, event: str) -> tuple[Mapping[str, object], ...]:
        """The fields of each entry of ``event`` in the centre's audit log, in order."""
        return tuple(recorded(self.root / "audit.jsonl", event))

    def rounds(self) -> tuple[RoundRecord, ...]:
        """Every attempt at a round so far, in order."""
        return read_rounds(self.root)

    def add_round(self, record: RoundRecord) -> None:
        """Add one attempt at a round."""
        self._append("rounds.jsonl", _round_line(record))

    def metrics(self) -> tuple[MetricRow, ...]:
        """Every number so far, in order."""
        return read_metrics(self.root)

    def add_metrics(self, rows: Iterable[MetricRow]) -> None:
        """Add numbers, in place of those that are there for the same round and split."""
        added = list(rows)
        again = {(row.round, row.split) for row in added}
        if again & self._splits():
            self._write_metrics([row for row in self.metrics() if (row.round, row.split) not in again] + added)
        else:
            self._append("metrics.csv", _csv(added, header=not (self.root / "metrics.csv").is_file()))
        self._known_splits = self._splits() | again
        if self._validation is not None:
            self._validation = [row for row in self._validation if (row.round, row.split) not in again]
            self._validation += [row for row in added if _chooses(row)]

    def _splits(self) -> set[tuple[int, str]]:
        """The rounds and splits that have numbers."""
        if self._known_splits is None:
            self._known_splits = {(row.round, row.split) for row in self.metrics()}
        return self._known_splits

    def forget_after(self, round_number: int) -> None:
        """Remove records and numbers of later rounds, which a crash left without a checkpoint."""
        self._write_rounds([record for record in self.rounds() if record.round <= round_number])
        self._write_metrics([row for row in self.metrics() if row.round <= round_number])
        self._known_splits = self._validation = None

    def validation(self) -> Sequence[MetricRow]:
        """The numbers of all rounds on the sites' validation splits that a round is chosen by."""
        if self._validation is None:
            self._validation = [row for row in self.metrics() if _chooses(row)]
        return self._validation

    def wish(self) -> Wish | None:
        """What the operator wants."""
        return read_wish(self.root)

    def forget_wish(self) -> None:
        """Remove the operator's wish, since it is fulfilled."""
        forget_wish(self.root)

    def shared_prior(self) -> SharedPrior | None:
        """The prior that the sites share; None before it is fitted."""
        path = self.root / "shared_prior.json"
        with _reading(path):
            return prior_from_json(path.read_text(encoding="utf-8")) if path.is_file() else None

    def keep_shared_prior(self, prior: SharedPrior) -> None:
        """Write ``shared_prior.json``."""
        self._write("shared_prior.json", prior.model_dump_json(indent=2) + "\n")

    def summary(self) -> Mapping[str, object] | None:
        """The summary; None before the run has finished."""
        return read_summary(self.root)

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Write ``summary.json``: the run has finished."""
        self._write("summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")

    def _write_rounds(self, records: Iterable[RoundRecord]) -> None:
        self._write("rounds.jsonl", "".join(_round_line(record) for record in records))

    def _write_metrics(self, rows: Iterable[MetricRow]) -> None:
        self._write("metrics.csv", _csv(rows, header=True))

    def _write(self, name: str, text: str) -> None:
        with _writing(self.root):
            write_text(self.root / name, text)

    def _append(self, name: str, text: str) -> None:
        """Add whole lines; a last line that a crash cuts short is left out by whoever reads the file."""
        with _writing(self.root), (self.root / name).open("a", encoding="utf-8", newline="") as output:
            output.write(text)
            output.flush()
            os.fsync(output.fileno())


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file, without a last one that a crash cut short; none if there is no file."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()


def _round_line(record: RoundRecord) -> str:
    return json.dumps(dataclasses.asdict(record), ensure_ascii=False) + "\n"


def _csv(rows: Iterable[MetricRow], *, header: bool) -> str:
    output = io.StringIO()
    writer = csv.DictWriter(output, [field.name for field in dataclasses.fields(MetricRow)], lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(dataclasses.asdict(row) for row in rows)
    return output.getvalue()


def _chooses(row: MetricRow) -> bool:
    return row.split == "validation" and row.metric in CHOOSING_METRICS


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FederationError(f"{root} cannot be written: {error}; make room and start again") from None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, WireError) as error:
        raise FederationError(
            f"{path} is damaged ({type(error).__name__}: {error}): restore it from a backup, or move the run folder "
            "away to start the study again"
        ) from None


def _metric_row(row: Mapping[str, str]) -> MetricRow:
    return MetricRow(
        round=int(row["round"]),
        split=row["split"],
        site=row["site"],
        reference=row["reference"],
        finding=row["finding"],
        metric=row["metric"],
        value=float(row["value"]),
    )
