"""``glsmed-demo``: three hospitals train together on this machine; each command is a file in ``commands``."""

import typer

from glsmed.benchmarks.commands.demo.draw import draw
from glsmed.benchmarks.commands.demo.run import run
from glsmed.shared.processes.command_line import run_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


@app.callback()
def demo() -> None:
    """Draw hospitals, and let them train together with the commands that real ones use.

    **Examples**

    - `glsmed-demo run --out runs/demo` draws three hospitals, federates them, and writes summary.json and report.html
    - `glsmed-demo draw --out my-data --patients 200` only draws images, reports, manifest and gold
    """


for command in (run, draw):
    app.command(command.__name__)(command)


def main() -> None:
    """Entry point of ``glsmed-demo``."""
    run_command(app)
