"""The program that makes the model a study begins with: ``python -m glsmed.server.processes.first_model STUDY_FILE``.

It is a process of its own, so that those that run for days need not have torch in memory.
"""

import sys
from pathlib import Path

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.local_layers import local_names
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.networks.network_check import require_trainable
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.protocol.study import Study


def make_first_model(run: RunFolder, study: Study, *, beside: Path | None = None) -> None:
    """Write the checkpoint of round 0 with the arrays that sites share, if there is none.

    Args:
        run: gets the checkpoint.
        study: says what the model is.
        beside: the folder of study.yaml, where the initial weights lie.

    Raises:
        NetworkError: the study's network cannot be built or trained.
        DataError: its initial weights are missing, damaged, or others.
        FederationError: the disk is full.
    """
    if not run.checkpoints.path(0).is_file():
        model = initial_model(study, beside)
        require_trainable(model, image_size_px=study.model.image_size_px, name=study.model.architecture)
        own = local_names(model, study.training.local_layers)
        shared = {name: array for name, array in state_arrays(model).items() if name not in own}
        run.checkpoints.begin(shared, study_digest=study.digest())


def main() -> None:
    """Make the first model of the study in the given file."""
    folder = StudyFolder(Path(sys.argv[1]))
    make_first_model(RunFolder(folder.run), folder.study(), beside=folder.root)


if __name__ == "__main__":
    run_command(main)
