from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.admission.registry import read_registry
from glsmed.server.cli import app
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import DataError

AdmitSite = Callable[[str], Path]


@pytest.mark.parametrize("command", ["withdraw", "revoke"])
def test_what_follows_is_said(new_folder: StudyFolder, admit_site: AdmitSite, command: str) -> None:
    for site in ("st-mary", "sakura", "san-lucas"):
        admit_site(site)
    key = read_registry(new_folder.sites).admitted["sakura"].key
    done = CliRunner().invoke(app, ["--study", str(new_folder.study_file), command, "sakura"])
    assert done.exit_code == 0, done.output
    assert f"withdrew sakura: its key {key} never joins this study again" in done.output
    assert "updates that counted stay in the model" in done.output
    assert "glsmed-client --site config.yaml enroll" in done.output
    assert "2 site(s) left: san-lucas, st-mary; the quorum is 2" in done.output
    assert list(read_registry(new_folder.sites).admitted) == ["san-lucas", "st-mary"]


def test_a_quorum_that_is_lost_is_said_with_the_remedy(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("st-mary", "sakura"):
        admit_site(site)
    done = CliRunner().invoke(app, ["--study", str(new_folder.study_file), "withdraw", "sakura"])
    assert "1 site(s) admitted (st-mary; withdrawn: sakura), the quorum is 2. Admit another hospital" in done.output


def test_the_same_request_is_not_admitted_again(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    request = admit_site("sakura")
    study = ["--study", str(new_folder.study_file)]
    CliRunner().invoke(app, [*study, "withdraw", "sakura"])
    again = CliRunner().invoke(app, [*study, "admit", str(request)])
    assert isinstance(again.exception, DataError)
    assert "was withdrawn at this study" in str(again.exception)


def test_one_name_is_shown_and_the_other_hidden() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert "withdraw" in shown
    assert "revoke" not in shown
