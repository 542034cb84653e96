"""The program of the SuperLink child process: ``python -m glsmed.server.processes.superlink_process STUDY_FILE``."""

import sys
from dataclasses import replace
from pathlib import Path

from glsmed.server.flower.listeners import serve_superlink
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging
from glsmed.shared.protocol.message_size import most_message_bytes


def main() -> None:
    """Serve the study's SuperLink until SIGTERM, or until ``flwr-server`` is gone."""
    end_with_parent()
    configure_process_logging()
    folder = StudyFolder(Path(sys.argv[1]))
    settings = folder.link_settings(folder.study())
    first = CheckpointFolder(folder.run / "checkpoints").path(0)
    if first.is_file():
        most = most_message_bytes(ModelFile.open(first).layout.manifest)
        settings = replace(settings, most_message_bytes=most)
    serve_superlink(settings)


if __name__ == "__main__":
    run_command(main)
