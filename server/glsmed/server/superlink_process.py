"""The program of the SuperLink child process: ``python -m glsmed.server.superlink_process STUDY_FILE``."""

import sys
from pathlib import Path

from glsmed.server.flower_link import serve_superlink
from glsmed.server.study_folder import StudyFolder
from glsmed.shared.command_line import run_command
from glsmed.shared.processes import end_with_parent


def main() -> None:
    """Serve the study's SuperLink until SIGTERM or until ``flwr-server`` has gone."""
    end_with_parent()
    folder = StudyFolder(Path(sys.argv[1]))
    serve_superlink(folder.link_settings(folder.study()))


if __name__ == "__main__":
    run_command(main)
