from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.folders.wish import read_wish


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    root = tmp_path / "study"
    return make_study_folder(root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)


@pytest.mark.parametrize("wish", ["stop", "pause", "resume"])
def test_a_wish_is_left_for_the_round_loop(folder: StudyFolder, wish: str) -> None:
    done = CliRunner().invoke(app, ["--study", str(folder.study_file), wish])
    assert done.exit_code == 0, done.output
    assert read_wish(folder.run) == wish


def test_a_study_that_is_not_there_gets_no_wish(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["--study", str(tmp_path / "study.yaml"), "stop"]).exit_code != 0
    assert not (tmp_path / "run").exists()


def test_rounds_are_added_and_what_hospitals_must_do_is_said(folder: StudyFolder) -> None:
    before = folder.study()
    done = CliRunner().invoke(app, ["--study", str(folder.study_file), "extend", "10"])
    assert done.exit_code == 0, done.output
    after = folder.study()
    assert after.training.rounds == before.training.rounds + 10
    assert after.digest()[:12] in done.output
    assert "each replaces its copy" in done.output
