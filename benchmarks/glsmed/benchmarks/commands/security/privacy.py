"""``glsmed-benchmark privacy``: AUROC at each epsilon, for hospitals of different sizes."""

import logging
from pathlib import Path
from typing import Annotated

import typer


def privacy(
    out: Annotated[Path, typer.Option(help="Folder for the result; one that was begun is continued.")],
    patients: Annotated[
        list[int] | None, typer.Option(help="Training patients, 500 or 5000; again for more.", show_default="both")
    ] = None,
    pixels: Annotated[
        str, typer.Option(help="drawn, or pneumoniamnist (under $GLSMED_DATA): each picture counts as a patient.")
    ] = "drawn",
    seeds: Annotated[int, typer.Option(min=1, help="How many; each draws other patients.")] = 3,
) -> None:
    """Train one hospital at epsilon 1, 2, 4, 8 and without privacy, as `flwr-server init --private` plans it.

    Writes privacy.md (of real pixels privacy-pneumoniamnist.md); prints the table: AUROC on 1,000 other patients (of
    real pixels 856), beside that without privacy.

    **Examples**:

    - `glsmed-benchmark privacy --seeds 3 --out runs/privacy`
    - `glsmed-benchmark privacy --pixels pneumoniamnist --out runs/privacy`
    """
    import torch

    from glsmed.benchmarks.privacy_cost.cohorts import BATCHES, costs
    from glsmed.benchmarks.privacy_cost.cost_table import cost_markdown
    from glsmed.benchmarks.simulator.sources import DRAWN, label_of
    from glsmed.shared.errors import UsageError
    from glsmed.shared.files.atomic import write_text
    from glsmed.shared.processes.logs import configure_logging

    wanted = patients or list(BATCHES)
    if unknown := set(wanted) - set(BATCHES):
        raise UsageError(f"--patients: expected {' or '.join(map(str, BATCHES))}, got {min(unknown)}")
    torch.set_num_threads(1)
    configure_logging(level=logging.CRITICAL)
    done = list(costs(out, cohorts=wanted, seeds=seeds, tell=lambda line: typer.echo(line, err=True), pixels=pixels))
    table = cost_markdown(done)
    write_text(out / ("privacy.md" if pixels == DRAWN else f"privacy-{label_of(pixels)}.md"), table)
    typer.echo(table)
