"""``glsmed-adapter calibrate``: what the words mean at this site, by its gold labels."""

from pathlib import Path

import typer

from glsmed.site_adapters.adapters import load_adapter
from glsmed.site_adapters.calibration import calibration_file
from glsmed.site_adapters.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration_fit import fit_labels
from glsmed.site_adapters.gold_cells import load_gold_cells
from glsmed.site_adapters.reader import Reader
from glsmed.site_adapters.reliability import reliability_report


def calibrate_command(adapter: str, *, reports: Path, gold: Path, target: Path) -> None:
    """Write the calibration file and print how reliable the probabilities are before and after."""
    reader = Reader(load_adapter(adapter))
    cells = load_gold_cells(reader, reports, gold)
    fit = fit_labels(reader.adapter, cells)
    file = calibration_file(reader.adapter, cells, fit)
    save_calibration_file(target, file)
    for line in reliability_report(cells, fit, file):
        typer.echo(line)
    typer.echo(f"wrote {target}")
