"""Everything that looks on while a study runs, as its ``centre`` section asks."""

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.centre_metrics import CentreMetrics
from glsmed.server.monitoring.curve_follower import CurveFollower, Tracker
from glsmed.server.monitoring.mlflow_tracker import MlflowTracker
from glsmed.server.monitoring.tensorboard_tracker import TensorBoardTracker
from glsmed.shared.errors import UsageError
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.processes.metrics_endpoint import metrics_endpoint
from glsmed.shared.protocol.study import CentreSection, Study


@contextmanager
def monitored(folder: StudyFolder, study: Study, *, tell: Tell) -> Iterator[None]:
    """Serve metrics and keep curves while the block runs; ``tell`` gets one line for each thing that fails.

    Raises:
        UsageError: an extra that the study's ``centre`` section needs is not installed.
        FederationError: the port of the metrics is taken.
    """
    require_extras(study.centre)
    with ExitStack() as stack:
        stack.enter_context(
            metrics_endpoint(CentreMetrics(folder), port=study.centre.metrics_port, key="centre.metrics_port")
        )
        for tracker in _trackers(folder, study):
            follower = CurveFollower(tracker, folder.run, tell=tell)
            follower.start()
            stack.callback(follower.stop)
        yield


def require_extras(centre: CentreSection) -> None:
    """Raise unless everything is installed that the section asks for.

    Raises:
        UsageError: it names the extra to install.
    """
    if centre.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UsageError(_missing("centre.tensorboard", package="tensorboard", off="false"))
    if centre.mlflow_tracking_uri and importlib.util.find_spec("mlflow") is None:
        raise UsageError(_missing("centre.mlflow_tracking_uri", package="mlflow", off="null"))


def _missing(key: str, *, package: str, off: str) -> str:
    """What to do about a package that an extra of the same name installs."""
    return f"{key} needs {package}, which is not installed: pip install 'glsmed[{package}]', or set {key} to {off}"


def _trackers(folder: StudyFolder, study: Study) -> Iterator[Tracker]:
    if study.centre.tensorboard:
        yield TensorBoardTracker(folder.run / "tensorboard")
    if study.centre.mlflow_tracking_uri:
        yield MlflowTracker(study.centre.mlflow_tracking_uri, folder.run, study=study.study)
