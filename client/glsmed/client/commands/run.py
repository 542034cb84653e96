"""``glsmed-client --site``: take part in the study."""

import time
from pathlib import Path

import typer

from glsmed.client.node.supervisor import SiteSupervisor
from glsmed.shared.processes.children import end_with_starter


def run_site(config_file: Path) -> None:
    """Take part until interrupted, one line with the time of day for each thing that happens."""

    def tell(line: str) -> None:
        typer.echo(f"{time.strftime('%H:%M:%S')} {line}")

    end_with_starter()
    SiteSupervisor(config_file, tell=tell).run()
