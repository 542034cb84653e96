"""Flower's own FedAvg: the app that is written, and figures from what it notes."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.benchmarks.rounds_cost.flower_app import FlowerSettings, flower_figures, read_events, write_app

SETTINGS = FlowerSettings(sites=2, rounds=4, training_seconds=0.5)


@pytest.fixture
def app_folder(tmp_path: Path) -> Path:
    write_app(tmp_path / "app")
    return tmp_path / "app"


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_flower_can_build_the_app(app_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLWR_HOME", str(app_folder / "home"))
    monkeypatch.setenv("FLWR_TELEMETRY_ENABLED", "0")
    monkeypatch.setenv("FLWR_DISABLE_UPDATE_CHECK", "1")
    flwr = str(Path(sys.executable).parent / "flwr")
    done = subprocess.run(
        [flwr, "build", "--app", str(app_folder)], cwd=app_folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(app_folder.glob("*.fab"))


def test_its_client_sends_back_every_array_changed(app_folder: Path) -> None:
    TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1
    client = _module(app_folder / "fedavg" / "client_app.py")
    config: dict[str, str | int | float | bool] = {"train-seconds": 0.0}
    context = Context(run_id=1, node_id=7, node_config={}, state=RecordDict(), run_config=config)
    sent = np.arange(3, dtype=np.float32)
    message = Message(RecordDict({"arrays": ArrayRecord({"weight": Array(sent)})}), 7, "train")
    reply = client.app(message, context)
    assert isinstance(reply.content["metrics"], MetricRecord)
    got = reply.content.array_records["arrays"]["weight"].numpy()
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, sent, rtol=1e-3)
    assert (got[1:] != sent[1:]).all()


def test_a_line_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    times = tmp_path / "times.jsonl"
    assert read_events(times) == []
    times.write_text('{"event": "began", "round": 1, "at": 2.0}\n{"event": "aver')
    assert read_events(times) == [{"event": "began", "round": 1, "at": 2.0}]


def test_rounds_end_with_their_average_and_cycles_with_the_next_round(tmp_path: Path) -> None:
    times = tmp_path / "times.jsonl"
    began, averaged = (0.0, 20.0, 30.0, 42.0), (9.0, 25.0, 36.0, 49.0)
    lines: list[dict[str, object]] = [
        {"event": event, "round": number, "at": at}
        for number, pair in enumerate(zip(began, averaged, strict=True), 1)
        for event, at in zip(("began", "averaged"), pair, strict=True)
    ]
    times.write_text(
        "".join(json.dumps(line) + "\n" for line in [*lines, {"event": "finished", "round": 5, "at": 55.0}])
    )
    figures = flower_figures(read_events(times), SETTINGS)
    assert figures["round_beside_training_seconds"] == {"median": 6.0, "middle_half": [5.75, 6.25], "each": [5.5, 6.5]}
    assert figures["cycle_seconds"] == {"median": 12.5, "middle_half": [12.25, 12.75], "each": [12.0, 13.0]}
