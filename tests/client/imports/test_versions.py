from datetime import datetime

import pytest

from glsmed.client.imports.report_record import ReportRecord, Status
from glsmed.client.imports.versions import whole_report

USED: frozenset[Status] = frozenset(("final", "corrected"))


def version(text: str, status: Status = "final", hour: int | None = None, source: str = "") -> ReportRecord:
    written = None if hour is None else datetime(2026, 1, 8, hour)  # noqa: DTZ001  # the hospital's clock
    return ReportRecord(text, status=status, reported_at=written, source=source or text)


@pytest.mark.parametrize(
    ("versions", "text"),
    [
        ([version("p", "preliminary", 9), version("f", "final", 8)], "f"),
        ([version("f", "final", 9), version("c", "corrected", 8)], "c"),
        ([version("old", hour=8), version("new", hour=9)], "new"),
        ([version("new", hour=9), version("old", hour=8)], "new"),
        ([version("same"), version("same ")], "same "),
        ([version("again", hour=9), version("x", "cancelled", 8)], "again"),
    ],
)
def test_the_version_that_counts(versions: list[ReportRecord], text: str) -> None:
    assert whole_report(versions, statuses=USED).text == text


def test_addenda_stand_below_in_their_order() -> None:
    reports = [version("second", "addendum", 12), version("ADDENDUM: first", "addendum", 11), version("main", hour=10)]
    whole = whole_report(reports, statuses=USED)
    assert whole.text == "main\n\nADDENDUM:\nfirst\n\nADDENDUM:\nsecond"
    assert len(whole.used) == 3


def test_an_addendum_that_repeats_the_report_adds_only_what_is_new() -> None:
    reports = [version("main text", hour=10), version("main text\nnew", "addendum", 11)]
    assert whole_report(reports, statuses=USED).text == "main text\n\nADDENDUM:\nnew"


@pytest.mark.parametrize("status", ["final", "corrected"])
def test_an_addendum_that_was_sent_as_a_version_does_not_take_the_reports_place(status: Status) -> None:
    reports = [version("main", hour=10), version("Nachtrag: ein Rundherd", status, 11)]
    whole = whole_report(reports, statuses=USED)
    assert whole.text == "main\n\nADDENDUM:\nNachtrag: ein Rundherd"
    assert whole.superseded == ()


def test_a_version_that_repeats_the_report_below_its_addendum_counts_whole() -> None:
    reports = [version("main", hour=10), version("Addendum: a nodule.\nmain", "corrected", 11)]
    assert whole_report(reports, statuses=USED).text == "Addendum: a nodule.\nmain"


def test_an_addendum_that_a_correction_has_taken_up_is_not_repeated() -> None:
    reports = [version("main, and a nodule", "corrected", 12), version("a nodule", "addendum", 11)]
    whole = whole_report(reports, statuses=USED)
    assert whole.text == "main, and a nodule"
    assert [reason for _, reason in whole.superseded] == ["is an addendum whose text is in the report already"]


def test_what_is_not_used_is_named_with_its_reason() -> None:
    reports = [version("p", "preliminary", 8), version("f", hour=9), version("f", hour=8, source="twin")]
    whole = whole_report(reports, statuses=USED)
    assert {report.source: reason for report, reason in whole.superseded} == {
        "p": "is preliminary, and a final version counts: f",
        "twin": "says the same as another: f",
    }


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([version("a"), version("b")], "no date says which is the later"),
        ([version("a", hour=9), version("b")], "no date says which is the later"),
        ([version("a", hour=9), version("b", hour=9)], "no date says which is the later"),
        ([version("a", "addendum")], "no report itself, only what is addendum"),
        ([version("a", hour=9), version("", "cancelled", 10)], "was cancelled"),
        ([version("a"), version("", "cancelled", 10)], "was cancelled"),
        ([version("a", "preliminary")], "is preliminary, which is not asked for"),
    ],
)
def test_where_no_version_counts_that_is_said(reports: list[ReportRecord], words: str) -> None:
    with pytest.raises(LookupError, match=words):
        whole_report(reports, statuses=USED)


def test_two_texts_that_only_patient_and_day_join_are_two_reports() -> None:
    with pytest.raises(LookupError, match="2 reports fit it"):
        whole_report([version("a", hour=8), version("b", hour=9)], statuses=USED, are_versions=False)
