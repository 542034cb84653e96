"""The program that writes a study's pages: ``python -m glsmed.server.reporting.report_process STUDY_FILE``.

It is a process of its own, so that those that run for days need not have matplotlib in memory.
"""

import sys
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.written_pages import write_pages
from glsmed.shared.processes.command_line import run_command


def main() -> None:
    """Write the pages of the study in the given file."""
    write_pages(StudyFolder(Path(sys.argv[1])))


if __name__ == "__main__":
    run_command(main)
