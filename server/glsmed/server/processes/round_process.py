"""The program of the round process: ``python -m glsmed.server.processes.round_process STUDY_FILE``."""

import sys
import time
from pathlib import Path

from flwr.serverapp import Grid

from glsmed.server.flower.executor import RunTasks
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging, log_exception
from glsmed.shared.processes.memory import give_memory_back

_PAUSE_SECONDS = 0.2  # while the SuperLink starts again


def main() -> None:
    """Run the study's runs, one after another, until ``flwr-server`` is gone."""
    end_with_parent()
    configure_process_logging()
    folder = StudyFolder(Path(sys.argv[1]))
    tasks = RunTasks(folder.link_settings(folder.study()), incoming=folder.incoming)
    while True:
        _serve_one(tasks, folder)


def _serve_one(tasks: RunTasks, folder: StudyFolder) -> None:
    try:
        if tasks.run_next(lambda grid: _run(grid, folder)):
            give_memory_back()
    except ConnectionError:
        time.sleep(_PAUSE_SECONDS)
    except Exception:  # the run has failed, and Flower and run/status.json say why; the next may do better
        log_exception(sys.stderr, "run_failed")


def _run(grid: Grid, folder: StudyFolder) -> None:
    from glsmed.server.processes.serverapp import run_in_folder  # a waiting process needs neither numpy nor networks

    run_in_folder(grid, folder)


if __name__ == "__main__":
    run_command(main)
