"""``glsmed-adapter evaluate``: how good the probabilities are, measured against gold labels."""

import json

import typer

from glsmed.site_adapters.commands.arguments import AdapterArgument, CalibrationOption, GoldOption, ReportsOption, warn


def evaluate_command(
    adapter: AdapterArgument, *, reports: ReportsOption, gold: GoldOption, calibration: CalibrationOption = None
) -> None:
    """F1, precision, recall, Brier, log-loss and calibration error against gold labels, as JSON.

    **Example**: `glsmed-adapter evaluate st-mary.yaml --reports r.jsonl --gold gold.csv --calibration calibration.yaml`
    """
    from glsmed.site_adapters.adapter.loader import load_adapter
    from glsmed.site_adapters.calibration.calibration import load_calibration
    from glsmed.site_adapters.calibration.evaluation import evaluate
    from glsmed.site_adapters.calibration.gold_cells import load_gold_cells
    from glsmed.site_adapters.reading.reader import Reader

    reader = Reader(load_adapter(adapter))
    calibrated = None if calibration is None else load_calibration(calibration, reader.adapter)
    cells, notes = load_gold_cells(reader, reports, gold)
    warn(notes)
    scores = evaluate(cells, calibrated)
    typer.echo(json.dumps({"adapter": reader.adapter.label, **scores.as_dict()}, indent=2))
