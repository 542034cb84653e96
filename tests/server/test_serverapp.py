import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flwr.app import Context, RecordDict
from flwr.clientapp import ClientApp

from glsmed.benchmarks.local_grid import LocalGrid
from glsmed.server.run_folder import read_status
from glsmed.server.serverapp import STUDY_FOLDER_VARIABLE, admitted_nodes, app
from glsmed.shared.errors import ConfigurationError, FederationError
from glsmed.shared.study import Study, load_study

MakeSite = Callable[..., ClientApp]
pytestmark = pytest.mark.usefixtures("small_model")
CONTEXT = Context(run_id=1, node_id=1, node_config={}, state=RecordDict(), run_config={})


@pytest.fixture
def study_folder(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "study.yaml").write_text(study.model_dump_json(indent=2))
    monkeypatch.setenv(STUDY_FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_the_app_runs_the_study_of_the_folder_that_the_environment_names(
    study_folder: Path, make_site: MakeSite, study: Study
) -> None:
    grid = LocalGrid({name: make_site(name) for name in ("a", "b")})
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


def test_without_the_variable_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STUDY_FOLDER_VARIABLE, raising=False)
    with pytest.raises(FederationError, match="GLSMED_STUDY_FOLDER is not set"):
        app(LocalGrid({}), CONTEXT)


@pytest.mark.parametrize("content", ["", "[]", '{"st-mary": "12"}'])
def test_a_map_of_nodes_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "nodes.json").write_text(content)
    with pytest.raises(FederationError, match="does not say which node is which site"):
        admitted_nodes(tmp_path / "nodes.json")


def test_node_ids_of_64_bits_survive(tmp_path: Path) -> None:
    (tmp_path / "nodes.json").write_text('{"18446744073709551615": "st-mary"}')
    assert admitted_nodes(tmp_path / "nodes.json") == {2**64 - 1: "st-mary"}
