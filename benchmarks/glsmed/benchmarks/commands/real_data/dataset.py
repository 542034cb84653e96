"""``glsmed-benchmark dataset``: a published table of examinations as a data set."""

from pathlib import Path
from typing import Annotated

import typer


def dataset(
    table: Annotated[Path, typer.Option(help="CSV of the published data set.")],
    columns: Annotated[Path, typer.Option(help="YAML that says which column is what, as in configs/real/.")],
    out: Annotated[Path, typer.Option(help="Folder to make.")],
) -> None:
    """Make a data set of a table: a folder for each hospital, with images, reports and gold, as hospitals have them.

    **Examples**

    - `glsmed-benchmark dataset --table busbra/busbra.csv --columns configs/real/busbra.yaml --out runs/data/busbra`
    """
    from glsmed.benchmarks.real_data.sources.table_dataset import write_table_dataset

    for site, images in write_table_dataset(table, columns, out).items():
        typer.echo(f"{site}: {images} images")
    typer.echo(str(out))
