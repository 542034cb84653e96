"""Which report belongs to which examination: by accession number, study UID, or patient and day; none is guessed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from glsmed.client.data.patient_keys import patient_key
from glsmed.client.imports.examinations import Examination
from glsmed.client.imports.report_record import ReportRecord, Status
from glsmed.client.imports.versions import whole_report

JoinKind = Literal["accession number", "study UID", "patient and day"]
KINDS: tuple[JoinKind, ...] = ("accession number", "study UID", "patient and day")


@dataclass(frozen=True, slots=True)
class JoinRules:
    """How reports are joined.

    Attributes:
        window_days: how many days may lie between an examination and its report, where only the patient is known.
        statuses: of reports that are used.
    """

    window_days: int = 1
    statuses: frozenset[Status] = frozenset(("final", "corrected"))


@dataclass(frozen=True, slots=True)
class Joined:
    """An examination with its whole report.

    Attributes:
        examination: with its images.
        text: the final version with its addenda.
        kind: what both have in common.
        used: the records that the text is made of, the main one first.
    """

    examination: Examination
    text: str
    kind: JoinKind
    used: tuple[ReportRecord, ...]


@dataclass(frozen=True, slots=True)
class Joins:
    """What became of every examination and report.

    Attributes:
        joined: in the order of examinations.
        without_report: examinations that have none, with why.
        not_used: reports that are in no joined one, with why.
    """

    joined: Sequence[Joined]
    without_report: Sequence[tuple[Examination, str]]
    not_used: Sequence[tuple[ReportRecord, str]]

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many examinations were joined by each kind."""
        found = Counter(each.kind for each in self.joined)
        return {kind: found[kind] for kind in KINDS}


_Candidates = dict[JoinKind, list[ReportRecord]]  # of one examination


def join(examinations: Sequence[Examination], reports: Iterable[ReportRecord], rules: JoinRules) -> Joins:
    """Each examination with at most one report, each report with at most one examination.

    An accession number or study UID decides where both sides have it; only without one do patient and day. A report
    that fits two examinations, and an examination that two reports fit without being versions of one, stay apart.
    """
    index = _Index(examinations)
    candidates: dict[str, _Candidates] = {examination.key: {} for examination in examinations}
    not_used: list[tuple[ReportRecord, str]] = []
    for report in reports:
        try:
            kind, examination = index.place(report, rules.window_days)
        except LookupError as reason:
            not_used.append((report, str(reason.args[0])))
        else:
            candidates[examination.key].setdefault(kind, []).append(report)
    joined: list[Joined] = []
    without: list[tuple[Examination, str]] = []
    for examination in examinations:
        _decide(examination, candidates[examination.key], rules, (joined, without, not_used))
    return Joins(joined, without, not_used)


def _decide(
    examination: Examination,
    candidates: _Candidates,
    rules: JoinRules,
    outcome: tuple[list[Joined], list[tuple[Examination, str]], list[tuple[ReportRecord, str]]],
) -> None:
    """Put the examination and all its candidates where they belong in the outcome."""
    joined, without, not_used = outcome
    kind = next((kind for kind in KINDS if kind in candidates), None)
    if kind is None:
        without.append((examination, "no report was found"))
        return
    reports = candidates[kind]
    for lesser in KINDS[KINDS.index(kind) + 1 :]:
        reason = f"its examination has a report by {kind}"
        not_used.extend((report, reason) for report in candidates.get(lesser, ()))
    try:
        whole = whole_report(reports, statuses=rules.statuses, are_versions=kind != "patient and day")
    except LookupError as reason:
        without.append((examination, str(reason.args[0])))
        not_used.extend((report, str(reason.args[0])) for report in reports)
        return
    joined.append(Joined(examination, whole.text, kind, whole.used))
    not_used.extend(whole.superseded)


class _Index:
    """Examinations by everything that a report may name."""

    def __init__(self, examinations: Sequence[Examination]) -> None:
        self._by_accession: dict[str, list[Examination]] = {}
        self._by_uid: dict[str, list[Examination]] = {}
        self._by_patient: dict[str, list[Examination]] = {}
        for each in examinations:
            for number in each.accession_numbers:
                self._by_accession.setdefault(_number_key(number), []).append(each)
            if each.study_uid:
                self._by_uid.setdefault(each.study_uid, []).append(each)
            if each.patient_id:
                self._by_patient.setdefault(patient_key(each.patient_id), []).append(each)

    def place(self, report: ReportRecord, window_days: int) -> tuple[JoinKind, Examination]:
        """The one examination that the report is about, and how that is known.

        Raises:
            LookupError: there is none, or several; its argument says so.
        """
        uid = self._by_uid.get(report.study_uid, []) if report.study_uid else []
        if found := self._numbered(report):
            both = [each for each in found if each in uid]
            if uid and not both:
                raise LookupError(
                    f"its accession number and study UID are of different examinations: {found[0].key}, {uid[0].key}"
                )
            return "accession number", _only(both or found, report, "accession number")
        if uid:
            return "study UID", _only(uid, report, "study UID")
        return "patient and day", self._on_the_day(report, window_days)

    def _numbered(self, report: ReportRecord) -> list[Examination]:
        """Examinations with the report's accession number; other numbers count only where that one is not found."""
        for numbers in ((report.accession_number,), report.other_numbers):
            found = {
                each.key: each
                for number in numbers
                if number
                for each in self._by_accession.get(_number_key(number), ())
            }
            if found:
                return list(found.values())
        return []

    def _on_the_day(self, report: ReportRecord, window_days: int) -> Examination:
        of_patient = self._by_patient.get(patient_key(report.patient_id), []) if report.patient_id else []
        if not of_patient:
            raise LookupError("no examination has its accession number, study UID or patient")
        open_ones = [each for each in of_patient if not _contradicts(report, each)]
        if not open_ones:
            raise LookupError("the patient's examinations have other accession numbers or study UIDs")
        if report.examined_at is None and report.reported_at is None:
            raise LookupError("no examination has its accession number or study UID, and it has no date")
        near = [each for each in open_ones if _is_near(report, each.acquired_at, window_days)]
        if not near:
            raise LookupError(f"the patient has no examination within {window_days} day(s) of it")
        return _only(near, report, f"patient, within {window_days} day(s)")


def _only(found: Sequence[Examination], report: ReportRecord, what: str) -> Examination:
    if len(found) > 1:
        named = ", ".join(each.key for each in found)
        raise LookupError(f"fits {len(found)} examinations by {what}: {named}")
    if _is_another_patient(report.patient_id, found[0].patient_id):
        raise LookupError(
            f"its {what} is that of another patient's examination: {found[0].key}, of {found[0].patient_id!r} and not "
            f"{report.patient_id!r}"
        )
    return found[0]


def _is_another_patient(one: str, other: str) -> bool:
    """Whether both are known and differ in more than how they are written; leading zeros get lost on the way."""
    left, right = (patient_key(each).lstrip("0") for each in (one, other))
    return bool(left and right and left != right)


def _contradicts(report: ReportRecord, examination: Examination) -> bool:
    """Whether both have an accession number or a study UID: it would have joined them if it were the same."""
    numbers = bool(report.accession_number and examination.accession_numbers)
    return numbers or bool(report.study_uid and examination.study_uid)


def _is_near(report: ReportRecord, acquired_at: datetime | None, window_days: int) -> bool:
    """Whether the days fit; a report is not written before its images are taken."""
    if acquired_at is None:
        return False
    if report.examined_at is not None:
        return abs((report.examined_at.date() - acquired_at.date()).days) <= window_days
    assert report.reported_at is not None  # noqa: S101  # asked before
    return 0 <= (report.reported_at.date() - acquired_at.date()).days <= window_days


def _number_key(number: str) -> str:
    """Accession numbers differ in white space, case and width between systems, as patients' identifiers do."""
    return patient_key(number)
