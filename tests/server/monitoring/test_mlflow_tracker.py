"""Against a server that speaks the part of MLflow's REST API that is used; MLflow's own client talks to it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from glsmed.server.folders.run_folder import RunFolder, RunState
from glsmed.server.monitoring.curves import Point
from glsmed.server.monitoring.mlflow_tracker import MlflowTracker

POINTS = [Point("round", "seconds", number, 10.0 * number) for number in (1, 2, 3)]
RUN = {"info": {"run_id": "r7", "experiment_id": "e1", "status": "RUNNING", "lifecycle_stage": "active"}, "data": {}}


class Server(ThreadingHTTPServer):
    """Keeps what it was sent, by the last words of the address."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, dict[str, object]]] = []
        self.has_experiment = False

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def bodies(self, what: str) -> list[dict[str, object]]:
        return [body for name, body in self.sent if name == what]

    def metrics(self) -> list[tuple[str, float, int]]:
        batches = [body["metrics"] for body in self.bodies("runs/log-batch")]
        return [(one["key"], one["value"], one["step"]) for batch in batches for one in batch]  # type: ignore[attr-defined]  # JSON


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).path, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(urlsplit(self.path).path, body)

    def _answer(self, path: str, body: dict[str, object]) -> None:
        what = "/".join(path.split("/")[-2:])
        self.server.sent.append((what, body))
        known: dict[str, dict[str, object]] = {
            "experiments/create": {"experiment_id": "e1"},
            "runs/create": {"run": RUN},
            "runs/update": {"run_info": RUN["info"]},
            "runs/log-batch": {},
            "runs/get": {"run": RUN},
        }
        missing = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}
        answer = json.dumps(known.get(what, missing)).encode()
        self.send_response(200 if what in known else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_a_run_is_made_for_the_study_and_gets_every_point(server: Server, tmp_path: Path) -> None:
    tracker = MlflowTracker(server.uri, tmp_path, study="doubt")
    assert tracker.kept() == set()
    tracker.keep(POINTS[:2])
    tracker.keep(POINTS[2:])
    assert [body["name"] for body in server.bodies("experiments/create")] == ["doubt"]
    assert len(server.bodies("runs/create")) == 1
    assert server.metrics() == [("round/seconds", 10.0, 1), ("round/seconds", 20.0, 2), ("round/seconds", 30.0, 3)]


def test_another_start_goes_on_with_the_same_run(server: Server, tmp_path: Path) -> None:
    MlflowTracker(server.uri, tmp_path, study="doubt").keep(POINTS[:2])
    again = MlflowTracker(server.uri, tmp_path, study="doubt")
    assert again.kept() == {("round", 1), ("round", 2)}
    again.keep(POINTS[2:])
    assert len(server.bodies("runs/create")) == 1
    assert {body["run_id"] for body in server.bodies("runs/log-batch")} == {"r7"}


def test_another_server_gets_a_run_of_its_own(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mlflow.json").write_text(
        json.dumps({"uri": "http://elsewhere.example", "run_id": "r1", "kept": [["round", 1]]})
    )
    assert MlflowTracker(server.uri, tmp_path, study="doubt").kept() == set()


def test_a_batch_is_never_larger_than_the_server_takes(server: Server, tmp_path: Path) -> None:
    many = [Point("train", f"loss/site-{number}", 1, 0.5) for number in range(1001)]
    MlflowTracker(server.uri, tmp_path, study="doubt").keep(many)
    assert [len(body["metrics"]) for body in server.bodies("runs/log-batch")] == [1000, 1]  # type: ignore[arg-type]  # JSON


@pytest.mark.parametrize(
    ("state", "shown"), [("finished", "FINISHED"), ("failed", "FAILED"), ("interrupted", "KILLED")]
)
def test_the_end_says_how_the_run_stands(server: Server, tmp_path: Path, state: str, shown: str) -> None:
    RunFolder(tmp_path).report(RunState(state))  # type: ignore[arg-type]  # one of the states
    tracker = MlflowTracker(server.uri, tmp_path, study="doubt")
    tracker.keep(POINTS)
    tracker.close()
    assert server.bodies("runs/update")[-1]["status"] == shown


def test_a_server_that_is_gone_is_an_error_soon(tmp_path: Path) -> None:
    tracker = MlflowTracker("http://127.0.0.1:1", tmp_path, study="doubt")
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        tracker.keep(POINTS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow uses what SQLAlchemy 2.1 deprecates
def test_mlflow_shows_one_run_with_every_point_after_two_starts(tmp_path: Path) -> None:
    """By MLflow's own store and reader."""
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    for new in (POINTS[:2], POINTS[2:]):
        tracker = MlflowTracker(uri, tmp_path, study="doubt")
        tracker.kept()
        tracker.keep(new)
        tracker.close()
    reader = MlflowClient(tracking_uri=uri)
    experiment = reader.get_experiment_by_name("doubt")
    assert experiment is not None
    (run,) = reader.search_runs([experiment.experiment_id])
    history = reader.get_metric_history(run.info.run_id, "round/seconds")
    assert [(point.step, point.value) for point in history] == [(1, 10.0), (2, 20.0), (3, 30.0)]
