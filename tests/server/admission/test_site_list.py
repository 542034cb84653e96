import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glsmed.server.admission.registry import withdraw
from glsmed.server.admission.site_list import is_online, list_sites
from glsmed.server.folders.run_folder import RoundRecord, RunFolder
from glsmed.server.folders.study_folder import StudyFolder

AdmitSite = Callable[[str], Path]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _at(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("seen", "written", "online"),
    [
        (_at(-4), _at(-2), True),
        (_at(-90), _at(-2), False),
        (_at(-602), _at(-600), False),  # the centre has not written for ten minutes
        ("", _at(-2), False),
        (_at(-4), "", False),
    ],
)
def test_online_is_what_a_fresh_status_says(seen: str, written: str, online: bool) -> None:
    assert is_online(seen, written, now=NOON) is online


def test_rounds_that_counted_are_counted_for_those_who_left_too(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("a", "b"):
        admit_site(site)
    withdraw("b", sites=new_folder.sites)
    run = RunFolder(new_folder.run)
    for number, accepted, counted in ((1, True, {"a": 5, "b": 5}), (2, False, {"a": 5}), (2, True, {"a": 5})):
        run.add_round(RoundRecord(number, 1, 1.0, accepted=accepted, counted=counted, not_counted={}))
    assert [(row.site, row.rounds_counted) for row in list_sites(new_folder)] == [("a", 2), ("b", 1)]


def test_a_site_was_admitted_when_its_request_was_kept(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    admit_site("a")
    os.utime(new_folder.sites / "a.yaml", (NOON.timestamp(), NOON.timestamp()))
    assert [row.admitted_at for row in list_sites(new_folder)] == ["2026-01-01T12:00:00+00:00"]
    withdraw("a", sites=new_folder.sites)
    assert [row.admitted_at for row in list_sites(new_folder)] == ["2026-01-01T12:00:00+00:00"]
