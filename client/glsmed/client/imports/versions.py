"""Several versions of one report: the one that counts, with its addenda."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from glsmed.client.imports.report_record import ReportRecord, Status

VERSIONS: tuple[Status, ...] = ("corrected", "final", "preliminary")  # the first of these counts
_ADDENDUM = "ADDENDUM:"
_BEGINS_AS_ADDENDUM = re.compile(r"\W*(?:addend(?:um|a)|adenda|nachtrag|追記)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class WholeReport:
    """The report that an examination ends up with.

    Attributes:
        text: the version that counts, and each addendum below a line of its own.
        used: the records in the text.
        superseded: the others, each with why.
    """

    text: str
    used: tuple[ReportRecord, ...]
    superseded: tuple[tuple[ReportRecord, str], ...]


def whole_report(
    reports: Sequence[ReportRecord], *, statuses: Collection[Status], are_versions: bool = True
) -> WholeReport:
    """Corrected before final before preliminary, and the later of two; addenda in their order.

    Args:
        reports: what one examination has, at least one.
        statuses: of versions that may be used.
        are_versions: an order or study joins them; otherwise two different texts are two reports.

    Raises:
        LookupError: none may be used, or it is open which one counts; its argument says so.
    """
    reports = [_by_its_words(report, reports) for report in reports]
    versions = [report for report in reports if report.status in VERSIONS]
    if not versions:
        kinds = ", ".join(sorted({report.status for report in reports}))
        raise LookupError(f"has no report itself, only what is {kinds}")
    if len(reports) == 1 and reports[0].status in statuses:
        return WholeReport(reports[0].text, (reports[0],), ())
    if not are_versions and len({_bare(report.text) for report in versions}) > 1:
        raise LookupError(f"{len(versions)} reports fit it by patient and day: {_named(versions)}")
    main = _main(versions)
    _refuse_withdrawn(main, [report for report in reports if report.status == "cancelled"])
    if main.status not in statuses:
        raise LookupError(f"its report is {main.status}, which is not asked for")
    addenda = sorted((report for report in reports if report.status == "addendum"), key=_moment)
    text, used = _with_addenda(main, addenda)
    return WholeReport(text, used, tuple((report, _why(report, main)) for report in reports if report not in used))


def _by_its_words(report: ReportRecord, others: Sequence[ReportRecord]) -> ReportRecord:
    """An addendum that was sent as a version of its own: it begins as one, and does not repeat what was written."""
    if report.status not in VERSIONS or not _BEGINS_AS_ADDENDUM.match(report.text):
        return report
    before = [other for other in others if other.status in VERSIONS and not _BEGINS_AS_ADDENDUM.match(other.text)]
    if not before or any(_bare(other.text) in _bare(report.text) for other in before):
        return report
    return replace(report, status="addendum")


def _main(versions: Sequence[ReportRecord]) -> ReportRecord:
    best = min((report.status for report in versions), key=VERSIONS.index)
    of_best = [report for report in versions if report.status == best]
    latest = max(map(_moment, of_best))
    last = [report for report in of_best if _moment(report) == latest]
    undated = [report for report in of_best if report.reported_at is None]
    open_ones = {_bare(report.text): report for report in (*last, *undated)}
    if len(open_ones) > 1:
        raise LookupError(
            f"has {len(open_ones)} {best} reports, and no date says which is the later: {_named(of_best)}"
        )
    return last[-1]


def _refuse_withdrawn(main: ReportRecord, cancelled: Sequence[ReportRecord]) -> None:
    """A report that was taken back does not count, unless it was written again later."""
    for report in cancelled:
        if report.reported_at is None or main.reported_at is None or report.reported_at >= main.reported_at:
            raise LookupError(f"its report was cancelled: {report.source}")


def _with_addenda(main: ReportRecord, addenda: Sequence[ReportRecord]) -> tuple[str, tuple[ReportRecord, ...]]:
    """The text with each addendum that is not in it already; one that repeats the report adds only what is new."""
    text, used = main.text, [main]
    for addendum in addenda:
        new = addendum.text.replace(main.text, "").strip() if main.text in addendum.text else addendum.text
        if _bare(new) and _bare(new) not in _bare(text):
            text = f"{text}\n\n{_ADDENDUM}\n{_without_heading(new)}"
            used.append(addendum)
    return text, tuple(used)


def _without_heading(text: str) -> str:
    return text[len(_ADDENDUM) :].lstrip() if text.upper().startswith(_ADDENDUM) else text


def _why(report: ReportRecord, main: ReportRecord) -> str:
    if report.status == "addendum":
        return "is an addendum whose text is in the report already"
    if report.status == "cancelled":
        return "is a cancellation of what was written again later"
    if _bare(report.text) == _bare(main.text):
        return f"says the same as another: {main.source}"
    return f"is {report.status}, and a {main.status} version counts: {main.source}"


def _named(reports: Sequence[ReportRecord]) -> str:
    return "; ".join(report.source for report in reports)


def _moment(report: ReportRecord) -> datetime:
    return report.reported_at or datetime.min  # noqa: DTZ901  # wall clock, as all dates of reports


def _bare(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
