"""``glsmed-benchmark rounds``: what a round of a real federation costs."""

import json
from pathlib import Path
from typing import Annotated

import typer


def rounds(
    sites: Annotated[
        int | None, typer.Option(min=1, help="Sites.", show_default="2 hospitals, 8 sites that only play one")
    ] = None,
    rounds: Annotated[int, typer.Option(min=2, help="Rounds that are measured, after two that warm up.")] = 5,
    architecture: Annotated[str, typer.Option(help="resnet10, resnet18, resnet50 or densenet121.")] = "resnet18",
    model_megabytes: Annotated[
        float, typer.Option(min=0.001, help="Size of the made-up model of memory and aggregation.")
    ] = 400.0,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="Measure only this; may be given several times.",
            show_default="all but scale_sites, scale_size, waterfall, secure_aggregation",
        ),
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for plots, and for tables in Markdown.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too, after each part.")] = None,
) -> None:
    """Seconds, bytes and memory of rounds between real processes over TLS, beside Flower's own FedAvg; as JSON.

    **Example**: `glsmed-benchmark rounds --out runs/rounds.json`
    """
    from glsmed.benchmarks.rounds_cost.measure import PARTS, MeasureSettings, measure
    from glsmed.benchmarks.rounds_cost.page import figures_page
    from glsmed.shared.errors import UsageError
    from glsmed.shared.files.atomic import write_text

    unknown = sorted(set(part or ()) - set(PARTS))
    if unknown:
        raise UsageError(f"--part {unknown[0]}: expected one of {', '.join(PARTS)}")
    settings = MeasureSettings(sites, rounds, architecture, model_megabytes, plots)
    text = ""
    for figures in measure(settings, parts=part, tell=lambda line: typer.echo(line, err=True)):
        text = json.dumps(figures, indent=1) + "\n"
        if out is not None:
            write_text(out, text)
        if plots is not None:
            write_text(plots / "rounds.md", figures_page(figures))
    typer.echo(text)
