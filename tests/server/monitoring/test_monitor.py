import importlib.util
from importlib.machinery import ModuleSpec

import httpx
import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.monitor import monitored
from glsmed.shared.errors import UsageError
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.study import CentreSection, Study


def _study(**centre: object) -> Study:
    return Study(study="doubt", findings=("effusion",), centre=CentreSection.model_validate(centre))


@pytest.mark.usefixtures("run")
def test_by_default_nothing_listens_and_nothing_is_written(folder: StudyFolder) -> None:
    before = set(folder.root.rglob("*"))
    with monitored(folder, _study(), tell=pytest.fail):
        pass
    assert set(folder.root.rglob("*")) == before


@pytest.mark.usefixtures("run")
def test_what_the_study_asks_for_is_there(folder: StudyFolder) -> None:
    port = free_port()
    with monitored(folder, _study(metrics_port=port, tensorboard=True), tell=pytest.fail):
        assert "glsmed_centre_round " in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    assert len(list((folder.run / "tensorboard").glob("events.out.tfevents.*"))) == 1


@pytest.mark.parametrize(
    ("centre", "package"),
    [({"tensorboard": True}, "tensorboard"), ({"mlflow_tracking_uri": "http://127.0.0.1:5000"}, "mlflow")],
)
def test_an_extra_that_is_not_installed_is_named(
    folder: StudyFolder, run: RunFolder, monkeypatch: pytest.MonkeyPatch, centre: dict[str, object], package: str
) -> None:
    found = importlib.util.find_spec

    def without(name: str) -> ModuleSpec | None:
        return None if name == package else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    expected = rf"needs {package}, which is not installed: pip install 'glsmed\[{package}\]'"
    with pytest.raises(UsageError, match=expected), monitored(folder, _study(**centre), tell=pytest.fail):
        pass
