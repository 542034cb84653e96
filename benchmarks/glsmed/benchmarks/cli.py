"""``glsmed-benchmark``: measurements that anybody can repeat."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.processes.command_line import run_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)

PixelsOption = Annotated[
    str, typer.Option(help="drawn, pneumoniamnist (under $GLSMED_DATA), or a folder of images with gold.csv.")
]
SeedsOption = Annotated[int, typer.Option(min=1, help="How many seeds, from 0.")]


@app.callback()
def benchmark() -> None:
    """Measure what the parts of glsmed are worth.

    **Examples**

    - `glsmed-benchmark methods --quick --out runs/methods` compares ways of learning from doubt in three minutes
    - `glsmed-benchmark language --out runs/language.json` measures reading against the bars, on public corpora
    - `glsmed-benchmark build --out my-data` writes simulated hospitals as a data set that others can use
    """


@app.command("methods")
def methods_subcommand(
    out: Annotated[Path, typer.Option(help="Folder for runs; what is done there already is kept.")],
    pixels: PixelsOption = "drawn",
    world: Annotated[list[str] | None, typer.Option(help="World, may be repeated.")] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Arm, may be repeated.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="Method, may be repeated; all unless told.")] = None,
    reference: Annotated[str, typer.Option(help="Method that the others are compared with.")] = "gls-site",
    seeds: SeedsOption = 5,
    gold: Annotated[int, typer.Option(min=0, help="Gold labels of each hospital.")] = 100,
    test: Annotated[int, typer.Option(min=1, help="Test studies of each hospital.")] = 270,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training.", show_default="20")] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Cross-validate in so many folds.", show_default="one held-out test set")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small and short: shows that it works, proves nothing.")
    ] = False,
) -> None:
    """Compare ways of learning from doubted labels on simulated readings; may be stopped and started again.

    **Examples**

    - `glsmed-benchmark methods --quick --out runs/quick`
    - `glsmed-benchmark methods --pixels pneumoniamnist --world class-conditional --arm gold --out runs/methods`
    - `glsmed-benchmark methods --folds 5 --method gls-site --method u-ones --out runs/folds`
    - `glsmed-benchmark methods --epochs 200 --method gls-negative --method gls-site --out runs/long`
    """
    from glsmed.benchmarks.commands.methods import make_plan, methods_command

    worlds, arms = world or ["case-dependent"], arm or ["no-gold", "gold"]
    plan = make_plan(
        pixels,
        worlds=worlds,
        arms=arms,
        methods=method or (),
        seeds=seeds,
        gold=gold,
        test=test,
        quick=quick,
        epochs=epochs,
        folds=folds or 1,
    )
    methods_command(plan, pixels, out=out, reference=reference)


@app.command("federation")
def federation_subcommand(
    data: Annotated[Path, typer.Option(help="Folder that `build` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the run; a stopped one goes on.")],
    rounds: Annotated[int, typer.Option(min=1, help="Rounds.")] = 10,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps of each hospital in a round.")] = 60,
    gold: Annotated[int, typer.Option(min=0, help="Training patients of each hospital with gold.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and augmentation.")] = 0,
) -> None:
    """Let the hospitals of a built data set train together in one process, and each alone; results as JSON.

    The same round loop, checks, aggregation and hospital code as between real machines, without the network.

    **Example**: `glsmed-benchmark build --out my-data && glsmed-benchmark federation --data my-data --out runs/fed`
    """
    from glsmed.benchmarks.commands.federation import federation_command
    from glsmed.benchmarks.federation.built_federation import RunSettings

    settings = RunSettings(rounds=rounds, steps_per_round=steps, gold=gold, seed=seed)
    federation_command(data, out=out, settings=settings)


@app.command("language")
def language_subcommand(
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder for negspacy's own environment.", show_default="the user's cache")
    ] = None,
) -> None:
    """How well and how fast reports are read, with the bars to reach, as JSON; needs the corpora under $GLSMED_DATA.

    **Example**: `glsmed-benchmark language --out runs/language.json`
    """
    from glsmed.benchmarks.commands.language import default_work, language_command

    language_command(out=out, work=work or default_work())


@app.command("training")
def training_subcommand(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    architecture: Annotated[str, typer.Option(help="resnet10, resnet18, resnet50 or densenet121.")] = "resnet18",
    image_size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 64,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a step.")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Steps of one measurement.")] = 4,
    repeats: Annotated[int, typer.Option(min=1, help="Pairs of measurements.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
) -> None:
    """How fast training is against plain PyTorch on the same tensors, as JSON, from one run.

    **Example**: `glsmed-benchmark training --device cpu --out runs/training.json`
    """
    from glsmed.benchmarks.commands.training import training_command
    from glsmed.benchmarks.speed.training_speed import SpeedSettings

    settings = SpeedSettings(architecture, image_size, batch_size, steps, repeats)
    training_command(device=device, settings=settings, out=out)


@app.command("build")
def build_subcommand(
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    pixels: PixelsOption = "drawn",
    world: Annotated[str, typer.Option(help="World.")] = "case-dependent",
    studies: Annotated[int, typer.Option(min=1, help="Studies of each hospital.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Another number gives another data set.")] = 0,
) -> None:
    """Write simulated hospitals: images, reports, gold, and what was believed, said and read of every finding.

    **Example**: `glsmed-benchmark build --pixels drawn --world boilerplate --studies 200 --out my-data`
    """
    from glsmed.benchmarks.commands.build import build_command

    build_command(out, pixels=pixels, world=world, studies=studies, seed=seed)


def main() -> None:
    """Entry point of ``glsmed-benchmark``."""
    run_command(app)
