from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.admission.registry import read_registry
from glsmed.server.admission.roster_file import write_roster
from glsmed.server.cli import app
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import UsageError
from glsmed.shared.secure_aggregation.roster import load_roster

AdmitSite = Callable[[str], Path]


def test_the_roster_has_every_admitted_site_with_its_key(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("a", "b", "c"):
        admit_site(site)
    written = write_roster(new_folder.roster, sites=new_folder.sites, study="doubt")
    assert load_roster(new_folder.roster, study="doubt") == written
    admitted = read_registry(new_folder.sites).admitted
    assert written.fingerprints() == {site: entry.key for site, entry in admitted.items()}


def test_two_sites_make_no_roster(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("a", "b"):
        admit_site(site)
    with pytest.raises(UsageError, match=r"at least 3 admitted sites, here are 2 \(a, b\)"):
        write_roster(new_folder.roster, sites=new_folder.sites, study="doubt")
    assert new_folder.approved_roster is None


def test_the_command_prints_the_fingerprints_to_compare(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("a", "b", "c"):
        admit_site(site)
    done = CliRunner().invoke(app, ["--study", str(new_folder.study_file), "sites", "--write-roster"])
    assert done.exit_code == 0, done.output
    assert new_folder.approved_roster is not None
    for key in load_roster(new_folder.roster, study="doubt").fingerprints().values():
        assert key in done.output
