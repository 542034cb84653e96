"""``glsmed-benchmark check``: how long a large hospital waits for ``glsmed-client check``."""

import json
from pathlib import Path
from typing import Annotated

import typer


def check(
    folder: Annotated[Path, typer.Option("--in", help="Folder of the drawn hospital, made if it is not there.")],
    rows: Annotated[int, typer.Option(min=100, help="Rows of the manifest, an image and a report each.")] = 100_000,
    repeats: Annotated[int, typer.Option(min=1, help="Checks with nothing changed, after the first.")] = 1,
) -> None:
    """Seconds, processor seconds and peak memory of a first check (cold) and of repeated ones (warm), as lines of JSON.

    The images are small and all different; the reports are files. Needs 0.9 GB of disk for 100,000 rows.

    **Example**: `glsmed-benchmark check --in runs/large-site --rows 100000`
    """
    from glsmed.benchmarks.speed.check_speed import check_seconds, write_large_site

    config = folder / "config.yaml"
    if not config.exists():
        write_large_site(folder, rows=rows)
    for figure in check_seconds(config, repeats=repeats):
        typer.echo(json.dumps(figure))
