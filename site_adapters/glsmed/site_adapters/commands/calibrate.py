"""``glsmed-adapter calibrate``: what the words mean at this site, learned from its gold labels."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.errors import UsageError
from glsmed.site_adapters.commands.arguments import AdapterArgument, warn

_ALL_PATIENTS = (
    "note: every gold label is used, including those of test patients; in a study, glsmed-client --site config.yaml "
    "calibrate leaves them out"
)


def calibrate_command(
    adapter: AdapterArgument,
    *,
    target: Annotated[Path, typer.Option("--out", help="The calibration file to write.")],
    reports: Annotated[Path | None, typer.Option(help="Reports as JSON lines, or a manifest (CSV).")] = None,
    gold: Annotated[Path | None, typer.Option(help="Gold labels of these reports: study_id,finding,value.")] = None,
    prior: Annotated[Path | None, typer.Option(help="The prior that sites share, from the centre.")] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Fit a small model too; it is used only where it is surely better here.")
    ] = False,
) -> None:
    """What each cue means at this site, learned from its gold labels, with a report of reliability.

    **Examples**

    - `glsmed-adapter calibrate st-mary.yaml --reports r.jsonl --gold gold.csv --out calibration.yaml`
    - `glsmed-adapter calibrate st-mary.yaml --prior shared.yaml --out calibration.yaml` without labels of its own
    """
    from glsmed.site_adapters.adapter.loader import load_adapter
    from glsmed.site_adapters.calibration.calibration_writer import write_calibration
    from glsmed.site_adapters.calibration.gold_cells import load_gold_cells
    from glsmed.site_adapters.reading.reader import Reader

    if (reports is None) != (gold is None) or (gold is None and prior is None):
        raise UsageError("give --reports and --gold, or --prior, or all three")
    reader = Reader(load_adapter(adapter))
    cells, notes = load_gold_cells(reader, reports, gold) if reports and gold else ([], ())
    if gold is not None:
        warn(notes)
        typer.echo(_ALL_PATIENTS, err=True)
    for line in write_calibration(reader.adapter, cells, prior=prior, target=target, learned=learned):
        typer.echo(line)
