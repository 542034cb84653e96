"""``glsmed-demo``: three hospitals train together on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.processes.command_line import run_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)

OutOption = Annotated[Path, typer.Option(help="Folder for everything; an earlier demo in it is replaced.")]
PatientsOption = Annotated[int, typer.Option(min=1, help="Patients of each hospital.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Another number draws other patients.")]


@app.callback()
def demo() -> None:
    """Draw hospitals, and let them train together with the commands that real ones use.

    **Examples**

    - `glsmed-demo run --out runs/demo` draws three hospitals, federates them, and writes summary.json and report.html
    - `glsmed-demo draw --out my-data --patients 200` only draws images, reports, manifest and gold
    """


@app.command("run")
def run_subcommand(
    out: OutOption = Path("runs/demo"),
    patients: PatientsOption = 500,
    seed: SeedOption = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the federation.")] = 5,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps at each hospital in a round.")] = 60,
) -> None:
    """Three hospitals (English, Japanese, Spanish reports) train together; ends with a table and report.html.

    **Example**: `glsmed-demo run --out runs/demo`
    """
    from glsmed.benchmarks.demo.demo import run_demo
    from glsmed.benchmarks.demo.settings import DemoSettings

    settings = DemoSettings(patients=patients, seed=seed, rounds=rounds, steps_per_round=steps)
    run_demo(out, settings=settings, tell=typer.echo)


@app.command("draw")
def draw_subcommand(
    out: Annotated[Path, typer.Option(help="Folder to make; one folder per hospital in it.")],
    patients: PatientsOption = 500,
    seed: SeedOption = 1,
) -> None:
    """Only draw the hospitals: images, reports, manifest.csv and gold.csv of each; the same for the same seed.

    **Example**: `glsmed-demo draw --out my-data --patients 200`
    """
    from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
    from glsmed.benchmarks.reading_room.sites import write_site

    for hospital in HOSPITALS:
        write_site(out / hospital.name, hospital, patients=patients, seed=seed)
        typer.echo(f"{out / hospital.name}: manifest.csv and gold.csv for {hospital.adapter}")


def main() -> None:
    """Entry point of ``glsmed-demo``."""
    run_command(app)
