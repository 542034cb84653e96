"""Lets a process of its own write the pages of a run that has ended."""

import subprocess
import sys

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.processes.command_line import Tell


def write_report(folder: StudyFolder, *, tell: Tell) -> None:
    """Write the pages, and say where the report is; that it cannot be written must not hide how the study ended."""
    program = [sys.executable, "-m", "glsmed.server.reporting.report_process", str(folder.study_file)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    if done.returncode:
        tell(f"the report could not be written ({done.stderr.strip()}): `flwr-server report` tries again")
    else:
        tell(f"report, model card and data sheet: {folder.run / 'report.html'}")
