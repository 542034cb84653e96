"""The ServerApp that the bundle names; Flower's executor runs it at the centre.

It finds its study through the environment variable ``GLSMED_STUDY_FOLDER``:

    study.yaml    the study
    nodes.json    {"<node id>": "<site>"}: who is admitted; read again whenever someone comes online
    run/          what it writes, see :mod:`glsmed.server.folders.run_folder`

Its standard output goes nowhere: whoever started it follows ``run/status.json``.
"""

import json
import os
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from glsmed.server.flower.flower_link import prepare_grid
from glsmed.server.folders.run_folder import RunFolder, RunState, write_status
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.errors import FederationError, GlsmedError
from glsmed.shared.models import initial_model
from glsmed.shared.protocol.message_size import most_message_bytes
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import load_study

STUDY_FOLDER_VARIABLE = "GLSMED_STUDY_FOLDER"

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:  # noqa: ARG001  # Flower's signature
    """Run the study of the folder to its end; an error is left in ``run/status.json``.

    Raises:
        GlsmedError: the study failed; Flower then marks the run as failed.
    """
    run_folder_of_study(grid, study_folder())


def study_folder() -> Path:
    """The folder that the environment names.

    Raises:
        FederationError: the variable is not set.
    """
    folder = os.environ.get(STUDY_FOLDER_VARIABLE)
    if not folder:
        raise FederationError(f"{STUDY_FOLDER_VARIABLE} is not set: start the study with flwr-server")
    return Path(folder)


def run_folder_of_study(grid: Grid, root: Path) -> None:
    """Run the study in ``root`` over ``grid``.

    Raises:
        GlsmedError: the study failed; ``run/status.json`` holds the same message.
        Exception: anything else; its traceback is in ``logs/serverapp.log``.
    """
    study_file = root / "study.yaml"
    try:
        folder = RunFolder(root / "run")
        study = load_study(study_file)
        folder.checkpoints.require_study(study.digest())
        model = initial_model(study)
        prepare_grid(most_message_bytes(ModelManifest.of(model.state_dict())))
        folder.keep_study(study_file.read_text(encoding="utf-8"))
        run_study(grid, study, folder, sites=lambda: admitted_nodes(root / "nodes.json"))
    except GlsmedError as error:
        write_status(root / "run", RunState("failed", str(error)))
        raise
    except Exception:
        _keep_traceback(root / "logs" / "serverapp.log")
        raise


def _keep_traceback(log: Path) -> None:
    """Add the exception in hand to the log; nobody sees what this process prints."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as output:
        output.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{traceback.format_exc()}\n")


def admitted_nodes(path: Path) -> Mapping[int, str]:
    """Site by node id.

    Raises:
        FederationError: the file is missing or is not a map from node ids to names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {int(node): str(site) for node, site in content.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise FederationError(f"{path} does not say which node is which site: {error}") from None
