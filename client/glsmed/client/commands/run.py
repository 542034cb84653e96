"""``glsmed-client run``, or no command at all: take part in the study."""

import time
from contextlib import nullcontext
from typing import Annotated

import typer

from glsmed.client.commands.in_browser.page import page_beside

PageOption = Annotated[
    bool, typer.Option("--page", help="Show in a browser of this machine what left and what comes next.")
]


def run(context: typer.Context, show_page: PageOption = False) -> None:
    """Take part until Ctrl-C; the same as `glsmed-client --site config.yaml`."""
    from glsmed.client.node.supervisor import SiteSupervisor
    from glsmed.shared.processes.children import end_with_starter
    from glsmed.shared.processes.logs import json_is_wanted, json_lines

    tell = json_lines(typer.echo, process="glsmed-client") if json_is_wanted() else _tell
    end_with_starter()
    with page_beside(context.obj) if show_page else nullcontext():
        SiteSupervisor(context.obj, tell=tell).run()


def _tell(line: str) -> None:
    """Print one line with the time of day."""
    typer.echo(f"{time.strftime('%H:%M:%S')} {line}")
