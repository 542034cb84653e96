from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.server.admission.registry import withdraw
from glsmed.server.admission.roster_file import write_roster
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.roster_check import check_roster
from glsmed.shared.errors import DataError
from glsmed.shared.protocol.study import Study

AdmitSite = Callable[[str], Path]


@pytest.fixture
def with_roster(new_folder: StudyFolder, admit_site: AdmitSite) -> StudyFolder:
    for site in ("a", "b", "c"):
        admit_site(site)
    write_roster(new_folder.roster, sites=new_folder.sites, study="doubt")
    return new_folder


def insisting(study: Study) -> Study:
    federation = study.federation.model_copy(update={"secure_aggregation": "on"})
    return study.model_copy(update={"federation": federation})


def test_without_a_roster_it_is_said_that_the_centre_sees_single_updates(new_folder: StudyFolder) -> None:
    report = check_roster(new_folder, new_folder.study())
    assert report.lines == ["secure aggregation: off; the centre sees each site's update"]


def test_a_study_that_insists_needs_a_roster(new_folder: StudyFolder) -> None:
    with pytest.raises(DataError, match="there is no roster"):
        check_roster(new_folder, insisting(new_folder.study()))


def test_a_roster_of_the_admitted_sites_is_right(with_roster: StudyFolder) -> None:
    report = check_roster(with_roster, insisting(with_roster.study()))
    assert report.lines == ["secure aggregation: on, with the 3 sites of roster.yaml"]
    assert report.warnings == []


def test_a_site_admitted_later_is_named(with_roster: StudyFolder, admit_site: AdmitSite) -> None:
    admit_site("d")
    (warning,) = check_roster(with_roster, with_roster.study()).warnings
    assert warning.startswith("d is admitted and not on the roster")


def test_a_site_that_returned_with_another_key_is_named(with_roster: StudyFolder, admit_site: AdmitSite) -> None:
    withdraw("c", sites=with_roster.sites)
    (warning,) = check_roster(with_roster, with_roster.study()).warnings
    assert warning == "2 site(s) of the roster are admitted, and a round needs 3"
    admit_site("c")
    (warning,) = check_roster(with_roster, with_roster.study()).warnings
    assert warning.startswith("c is admitted with another key than the roster has")
