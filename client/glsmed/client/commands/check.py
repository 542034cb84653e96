"""``glsmed-client check``: could training start?"""

from pathlib import Path

import typer

from glsmed.client.site.readiness import render, run_check

CANNOT_START = 2


def check_command(config_file: Path) -> None:
    """Print the report; exit code 2 if training could not start."""
    report = run_check(config_file)
    typer.echo(render(report))
    if report.faults:
        raise SystemExit(CANNOT_START)
