import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flwr.app import Context, RecordDict
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.run_folder import read_status
from glsmed.server.folders.study_folder import STUDY_FOLDER_VARIABLE, StudyFolder
from glsmed.server.processes.serverapp import app
from glsmed.shared.errors import ConfigurationError, FederationError, PrivacyError
from glsmed.shared.protocol.study import Study, load_study
from tests.server.conftest import FIRST_MODEL
from tests.signed_sites import admitted

MakeSite = Callable[..., ClientApp]
CONTEXT = Context(run_id=1, node_id=1, node_config={}, state=RecordDict(), run_config={})


@pytest.fixture
def study_folder(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "study.yaml").write_text(study.model_dump_json(indent=2))
    folder = StudyFolder.at(tmp_path)
    folder.certificates.create(study="doubt", public_names=["localhost"])
    folder.sites.mkdir()
    folder.prepare_state()
    monkeypatch.setenv(STUDY_FOLDER_VARIABLE, str(tmp_path))
    CheckpointFolder(tmp_path / "run" / "checkpoints").begin(FIRST_MODEL, study_digest=study.digest())
    return tmp_path


def test_the_app_runs_the_study_of_the_folder_that_the_environment_names(
    study_folder: Path, make_site: MakeSite, study: Study
) -> None:
    folder = StudyFolder.at(study_folder)
    grid = LocalGrid({name: admitted(folder, name, make_site(name)) for name in ("a", "b")})  # type: ignore[misc]
    (study_folder / "nodes.json").write_text(json.dumps({str(node): site for node, site in grid.nodes.items()}))
    app(grid, CONTEXT)
    status = read_status(study_folder / "run")
    assert status is not None
    assert status.state == "finished"
    assert load_study(study_folder / "run" / "study.yaml") == study
    assert json.loads((study_folder / "run" / "summary.json").read_text())["study_digest"] == study.digest()


def test_an_error_is_left_in_the_status_and_fails_the_run(study_folder: Path) -> None:
    (study_folder / "study.yaml").write_text("study: [broken")
    with pytest.raises(ConfigurationError):
        app(LocalGrid({}), CONTEXT)
    status = read_status(study_folder / "run")
    assert status is not None
    assert status.state == "failed"
    assert "study.yaml:1" in status.message


def test_a_study_that_was_edited_after_its_run_began_leaves_the_record_of_the_run_alone(
    study_folder: Path, make_site: MakeSite, study: Study
) -> None:
    folder = StudyFolder.at(study_folder)
    grid = LocalGrid({name: admitted(folder, name, make_site(name)) for name in ("a", "b")})  # type: ignore[misc]
    (study_folder / "nodes.json").write_text(json.dumps({str(node): site for node, site in grid.nodes.items()}))
    app(grid, CONTEXT)
    edited = study.model_copy(update={"findings": ("nodule",)})
    (study_folder / "study.yaml").write_text(edited.model_dump_json(indent=2))
    with pytest.raises(FederationError, match=r"study\.yaml was changed after the run began"):
        app(grid, CONTEXT)
    assert load_study(study_folder / "run" / "study.yaml") == study


def test_a_broken_audit_log_is_left_in_the_status(study_folder: Path) -> None:
    (study_folder / "run" / "audit.jsonl").write_text("{}\n")
    with pytest.raises(PrivacyError):
        app(LocalGrid({}), CONTEXT)
    status = read_status(study_folder / "run")
    assert status is not None
    assert "audit.jsonl:1" in status.message


def test_what_nobody_foresaw_is_in_a_log(study_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("not foreseen")

    monkeypatch.setattr("glsmed.server.processes.serverapp.run_study", fail)
    with pytest.raises(ZeroDivisionError):
        app(LocalGrid({}), CONTEXT)
    assert "ZeroDivisionError: not foreseen" in (study_folder / "logs" / "serverapp.log").read_text()


def test_without_the_variable_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STUDY_FOLDER_VARIABLE, raising=False)
    with pytest.raises(FederationError, match="GLSMED_STUDY_FOLDER is not set"):
        app(LocalGrid({}), CONTEXT)
