"""``glsmed-adapter calibrate``: what the words mean at this site, by its gold labels."""

from pathlib import Path

import typer

from glsmed.shared.errors import UsageError
from glsmed.site_adapters.adapters import load_adapter
from glsmed.site_adapters.calibration import calibration_file
from glsmed.site_adapters.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration_fit import fit_labels
from glsmed.site_adapters.commands.left_out import warn_of_other_findings
from glsmed.site_adapters.gold_cells import load_gold_cells
from glsmed.site_adapters.learned_scoring import learn
from glsmed.site_adapters.reader import Reader
from glsmed.site_adapters.reliability import reliability_report
from glsmed.site_adapters.shared_beliefs import load_shared_prior, shared_beliefs


def calibrate_command(
    adapter: str, *, reports: Path | None, gold: Path | None, prior: Path | None, target: Path, learned: bool = False
) -> None:
    """Write the calibration file and print how reliable the probabilities are before and after.

    Raises:
        UsageError: neither gold labels nor a prior are given, or reports and gold labels do not come together.
    """
    if (reports is None) != (gold is None) or (gold is None and prior is None):
        raise UsageError("give --reports and --gold, or --prior, or all three")
    reader = Reader(load_adapter(adapter))
    shared = {} if prior is None else shared_beliefs(reader.adapter, load_shared_prior(prior))
    cells = load_gold_cells(reader, reports, gold) if reports and gold else []
    if gold is not None:
        warn_of_other_findings(gold, reader.adapter.findings)
    fit = fit_labels(reader.adapter, cells, shared)
    model = learn(cells, fit) if learned else None
    file = calibration_file(reader.adapter, cells, fit, model)
    save_calibration_file(target, file)
    for line in reliability_report(cells, fit, file):
        typer.echo(line)
    typer.echo(f"wrote {target}")
