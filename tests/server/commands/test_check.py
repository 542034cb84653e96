from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.study_folder import StudyFolder

AdmitSite = Callable[[str], Path]


def test_a_study_that_can_start_is_ready(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    for site in ("a", "b"):
        admit_site(site)
    done = CliRunner().invoke(app, ["--study", str(new_folder.study_file), "check"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "ready: the study can start")


def test_a_study_that_cannot_start_says_why_and_ends_with_2(new_folder: StudyFolder) -> None:
    done = CliRunner().invoke(app, ["--study", str(new_folder.study_file), "check"])
    *_, fault, verdict = done.output.splitlines()
    assert (done.exit_code, verdict) == (2, "1 fault(s): the study cannot start")
    assert fault.startswith("fault: no round can count: 0 site(s) admitted")
