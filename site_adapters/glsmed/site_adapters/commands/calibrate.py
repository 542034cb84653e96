"""``glsmed-adapter calibrate``: what the words mean at this site, by its gold labels."""

from collections.abc import Sequence
from pathlib import Path

import typer

from glsmed.shared.errors import UsageError
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import calibration_file
from glsmed.site_adapters.calibration.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration.calibration_fit import fit_labels
from glsmed.site_adapters.calibration.gold_cells import GoldCell, load_gold_cells
from glsmed.site_adapters.calibration.learned_scoring import learn
from glsmed.site_adapters.calibration.reliability import reliability_report
from glsmed.site_adapters.calibration.shared_priors import load_shared_prior, shared_beliefs
from glsmed.site_adapters.commands.gold_warnings import warn_of_other_findings
from glsmed.site_adapters.reading.reader import Reader

_ALL_PATIENTS = (
    "note: every gold label is used, those of test patients too: in a study, glsmed-client --site config.yaml "
    "calibrate leaves them out"
)


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
    cells = load_gold_cells(reader, reports, gold) if reports and gold else []
    if gold is not None:
        warn_of_other_findings(gold, reader.adapter.findings)
        typer.echo(_ALL_PATIENTS, err=True)
    for line in write_calibration(reader.adapter, cells, prior=prior, target=target, learned=learned):
        typer.echo(line)


def write_calibration(
    adapter: Adapter, cells: Sequence[GoldCell], *, prior: Path | None, target: Path, learned: bool
) -> list[str]:
    """Fit and write a calibration file; returns the lines of the report of reliability.

    Args:
        adapter: that read the reports.
        cells: the gold labels to learn from.
        prior: file of the prior that sites share.
        target: the file to write.
        learned: fit the learned scoring too.
    """
    shared = {} if prior is None else shared_beliefs(adapter, load_shared_prior(prior))
    fit = fit_labels(adapter, cells, shared)
    file = calibration_file(adapter, cells, fit, learn(cells, fit) if learned else None)
    save_calibration_file(target, file)
    return [*reliability_report(cells, fit, file), f"wrote {target}"]
