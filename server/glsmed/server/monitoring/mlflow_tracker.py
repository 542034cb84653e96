"""A run's curves on an MLflow server, one MLflow run for the whole study however often the centre is started."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glsmed.server.folders.run_folder import read_status
from glsmed.server.monitoring.curve_follower import PartOfRound
from glsmed.server.monitoring.curves import Point
from glsmed.shared.files.atomic import write_text

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MOST_IN_A_BATCH = 1000  # the REST API's own bound
_TIMEOUT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


class MlflowTracker:
    """Sends new points to the server; ``run/mlflow.json`` holds the MLflow run and what it has.

    Args:
        uri: of the server; who may log in is in MLflow's own variables, such as MLFLOW_TRACKING_TOKEN.
        run_folder: the run's.
        study: names the experiment.
    """

    name = "MLflow"

    def __init__(self, uri: str, run_folder: Path, *, study: str) -> None:
        self._uri = uri
        self._run_folder = run_folder
        self._study = study
        self._run_id = ""
        self._kept: set[PartOfRound] = set()

    def kept(self) -> set[PartOfRound]:
        """What this study's MLflow run has already."""
        if self._file.is_file():
            content = json.loads(self._file.read_text(encoding="utf-8"))
            if content["uri"] == self._uri:
                self._run_id = content["run_id"]
                self._kept = {(part, number) for part, number in content["kept"]}
                self._client().update_run(self._run_id, status="RUNNING")
        return set(self._kept)

    def keep(self, new: Sequence[Point]) -> None:
        """Send the points."""
        from mlflow.entities import Metric

        client, now = self._client(), time.time_ns() // 1_000_000
        self._begin(client)
        metrics = [Metric(point.curve, point.value, now, point.round) for point in new]
        for start in range(0, len(metrics), _MOST_IN_A_BATCH):
            client.log_batch(self._run_id, metrics=metrics[start : start + _MOST_IN_A_BATCH])
        self._kept |= {(point.part, point.round) for point in new}
        self._remember()

    def close(self) -> None:
        """Say how the run stands: finished, failed, or stopped for now."""
        if self._run_id:
            state = read_status(self._run_folder)
            outcomes = {"finished": "FINISHED", "failed": "FAILED"}
            self._client().set_terminated(self._run_id, outcomes.get(state.state if state else "", "KILLED"))

    @property
    def _file(self) -> Path:
        return self._run_folder / "mlflow.json"

    def _client(self) -> "MlflowClient":
        # read by mlflow when it is imported: a server that is gone is given up soon, and nobody is told of its use
        os.environ.update(_QUIET)
        for name, value in _TIMEOUT.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self._uri)

    def _begin(self, client: "MlflowClient") -> None:
        if self._run_id:
            return
        experiment = client.get_experiment_by_name(self._study)
        identity = client.create_experiment(self._study) if experiment is None else experiment.experiment_id
        self._run_id = client.create_run(identity, run_name=self._study).info.run_id
        self._remember()

    def _remember(self) -> None:
        content = {"uri": self._uri, "run_id": self._run_id, "kept": sorted(self._kept)}
        write_text(self._file, json.dumps(content) + "\n")
