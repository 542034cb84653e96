"""``flwr-server --study``: run the study."""

import time
from pathlib import Path

import typer

from glsmed.server.processes.supervisor import StudySupervisor
from glsmed.shared.processes.children import end_with_starter


def run_study_file(study_file: Path) -> None:
    """Run the study to its end, one line with the time since the start for each thing that happens."""
    started = time.monotonic()

    def report(line: str) -> None:
        typer.echo(f"[{time.monotonic() - started:7.1f} s] {line}")

    end_with_starter()
    supervisor = StudySupervisor(study_file, report=report)
    supervisor.run()
    report(f"done: results are in {study_file.resolve().parent / 'run'}")
