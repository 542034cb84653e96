"""``glsmed-client run``, or no command at all: take part in the study."""

import time

import typer


def run(context: typer.Context) -> None:
    """Take part until Ctrl-C; the same as `glsmed-client --site config.yaml`."""
    from glsmed.client.node.supervisor import SiteSupervisor
    from glsmed.shared.processes.children import end_with_starter
    from glsmed.shared.processes.logs import json_is_wanted, json_lines

    tell = json_lines(typer.echo, process="glsmed-client") if json_is_wanted() else _tell
    end_with_starter()
    SiteSupervisor(context.obj, tell=tell).run()


def _tell(line: str) -> None:
    """Print one line with the time of day."""
    typer.echo(f"{time.strftime('%H:%M:%S')} {line}")
