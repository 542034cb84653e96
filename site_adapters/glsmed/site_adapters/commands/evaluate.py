"""``glsmed-adapter evaluate``: how the probabilities hold against gold labels."""

import json
from pathlib import Path

import typer

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import load_calibration
from glsmed.site_adapters.calibration.evaluation import evaluate
from glsmed.site_adapters.calibration.gold_cells import load_gold_cells
from glsmed.site_adapters.commands.gold_warnings import warn_of_other_findings
from glsmed.site_adapters.reading.reader import Reader


def evaluate_command(adapter: str, *, reports: Path, gold: Path, calibration: Path | None) -> None:
    """Print the scores as JSON."""
    reader = Reader(load_adapter(adapter))
    calibrated = None if calibration is None else load_calibration(calibration, reader.adapter)
    scores = evaluate(load_gold_cells(reader, reports, gold), calibrated)
    warn_of_other_findings(gold, reader.adapter.findings)
    typer.echo(json.dumps({"adapter": reader.adapter.label, **scores.as_dict()}, indent=2))
