"""``glsmed-client run``, or no command at all: take part in the study."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

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
    with _page_beside(context.obj) if show_page else nullcontext():
        SiteSupervisor(context.obj, tell=tell).run()


def _tell(line: str) -> None:
    """Print one line with the time of day."""
    typer.echo(f"{time.strftime('%H:%M:%S')} {line}")


@contextmanager
def _page_beside(config_file: Path) -> Iterator[None]:
    """Show the page in a program of its own while the block runs; it writes its address where this program writes."""
    from glsmed.shared.processes.children import beside, installed_program

    with beside("page", [installed_program("glsmed-client"), "--site", str(config_file), "page"]):
        yield
