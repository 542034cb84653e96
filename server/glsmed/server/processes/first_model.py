"""The program that makes the model a study begins with: ``python -m glsmed.server.processes.first_model STUDY_FILE``.

It is a process of its own, so that those that run for days need not have torch in memory.
"""

import sys
from pathlib import Path

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.models import initial_model, state_arrays
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.protocol.local_layers import is_local
from glsmed.shared.protocol.study import Study


def make_first_model(run: RunFolder, study: Study) -> None:
    """Write the checkpoint of round 0 with the arrays that sites share, if there is none.

    Raises:
        FederationError: the disk is full.
    """
    if not run.checkpoints.path(0).is_file():
        arrays, kept = state_arrays(initial_model(study)), study.training.local_layers
        shared = {name: array for name, array in arrays.items() if not is_local(name, kept)}
        run.checkpoints.begin(shared, study_digest=study.digest())


def main() -> None:
    """Make the first model of the study in the given file."""
    folder = StudyFolder(Path(sys.argv[1]))
    make_first_model(RunFolder(folder.run), folder.study())


if __name__ == "__main__":
    run_command(main)
