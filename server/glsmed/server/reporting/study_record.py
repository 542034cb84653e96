"""Everything that a study folder says of its study, read once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glsmed.server.admission.site_list import SiteRow, list_sites
from glsmed.server.folders.run_folder import (
    MetricRow,
    RoundRecord,
    RunState,
    read_metrics,
    read_rounds,
    read_status,
)
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.study_status import StudyStatus, study_status
from glsmed.server.rounds.best_round import site_results
from glsmed.shared.errors import FederationError
from glsmed.shared.files.audit import recorded, verify
from glsmed.shared.pages.blocks import bounded
from glsmed.shared.protocol.study import Study, load_study

_NAME = 63  # characters of a site's name
SiteNumbers = Mapping[str, Any]  # of one site, as site_results gives them


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """The record of a study, finished or not.

    Attributes:
        study: as run; as it is written now, before the first start.
        summary: of a run that has finished.
        split: which split ``results`` are about: test of a finished run, validation before; empty without any number.
        results_round: the round whose model they are about.
        results: by site, as :func:`glsmed.server.rounds.best_round.site_results` gives them.
        joined: of each site that took part, what it said when it first joined, in the order of joining.
        set_aside: of each site that failed too often in a row, the reasons.
        merged: of each round that counted, what the centre noted of the updates' weights and norms.
        quarantined: of each model that was taken back, what was wrong with it.
        budget_spent: sites whose privacy budget is spent, and in which round they said so.
        status: how the study stood when the record was read.
        release: of glsmed at the centre when the run was started last; empty before.
    """

    study: Study
    state: RunState
    summary: Mapping[str, Any]
    rounds: Sequence[RoundRecord]
    metrics: Sequence[MetricRow]
    sites: Sequence[SiteRow]
    split: str
    results_round: int
    results: Mapping[str, SiteNumbers]
    joined: Mapping[str, Mapping[str, Any]]
    set_aside: Mapping[str, Sequence[str]]
    merged: Sequence[Mapping[str, Any]]
    quarantined: Sequence[Mapping[str, Any]]
    budget_spent: Mapping[str, int]
    status: StudyStatus
    audit_head: str
    release: str

    @property
    def accepted_rounds(self) -> list[RoundRecord]:
        """The rounds that counted, in order."""
        return [one for one in self.rounds if one.accepted]

    @property
    def has_finished(self) -> bool:
        """Whether the final evaluation was made."""
        return bool(self.summary)


def read_study_record(folder: StudyFolder, *, now: datetime | None = None) -> StudyRecord:
    """The record of the study in ``folder``, with its status as of ``now``.

    Raises:
        ConfigurationError: study.yaml has faults.
        DataError: the folder of admitted sites is missing.
        FederationError: a file of the run is damaged.
    """
    run = folder.run
    as_run, summary, metrics = run / "study.yaml", _summary(run), read_metrics(run)
    split, number = _measured(metrics, summary)
    rows = [row for row in metrics if (row.split, row.round) == (split, number)]
    log = run / "audit.jsonl"
    head = _whole_log(log)
    return StudyRecord(
        study=load_study(as_run if as_run.is_file() else folder.study_file),
        state=read_status(run) or RunState("waiting"),
        summary=summary,
        rounds=read_rounds(run),
        metrics=metrics,
        sites=list_sites(folder),
        split=split,
        results_round=number,
        results={_name(site): dict(own) for site, own in site_results(rows).items() if isinstance(own, dict)},
        joined=_joined(recorded(log, "site_joined")),
        set_aside=_reasons(recorded(log, "site_set_aside")),
        merged=list(recorded(log, "merged")),
        quarantined=list(recorded(log, "model_quarantined")),
        budget_spent={_name(one.get("site")): int(one["round"]) for one in recorded(log, "site_budget_spent")},
        status=study_status(folder, now=now or datetime.now(UTC)),
        audit_head=head,
        release=_release(recorded(log, "run_started")),
    )


def _name(site: object) -> str:
    return bounded(site, most=_NAME)


def _summary(run: Path) -> Mapping[str, Any]:
    path = run / "summary.json"
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise FederationError(f"{path} is damaged ({error}): restore it from a backup") from None


def _measured(metrics: Sequence[MetricRow], summary: Mapping[str, Any]) -> tuple[str, int]:
    """The split and round of the numbers to show: of the final evaluation, else of the last look at validation."""
    for split in ("test", "validation"):
        rounds = [row.round for row in metrics if row.split == split]
        if rounds:
            best = summary.get("best_round")
            return split, best if split == "test" and best in rounds else max(rounds)
    return "", 0


def _whole_log(path: Path) -> str:
    """The head of the audit log.

    Raises:
        FederationError: its chain is broken.
    """
    found = verify(path)
    if found.first_broken is not None:
        raise FederationError(f"{path}:{found.first_broken}: {found.reason}: no report is made of a changed record")
    return found.head


def _joined(entries: Iterable[Mapping[str, object]]) -> Mapping[str, Mapping[str, Any]]:
    joined: dict[str, Mapping[str, Any]] = {}
    for fields in entries:
        joined.setdefault(_name(fields.get("site")), fields)
    return joined


def _reasons(entries: Iterable[Mapping[str, object]]) -> Mapping[str, Sequence[str]]:
    reasons: dict[str, list[str]] = {}
    for fields in entries:
        reasons.setdefault(_name(fields.get("site")), []).append(bounded(fields.get("reason")))
    return reasons


def _release(entries: Iterable[Mapping[str, object]]) -> str:
    return next((str(fields.get("release", "")) for fields in reversed(list(entries))), "")
