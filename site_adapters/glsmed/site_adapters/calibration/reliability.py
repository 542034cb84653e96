"""Predicted against observed frequencies, before and after calibration, on labels that the fit had not seen."""

from collections.abc import Iterator, Sequence

import numpy as np

from glsmed.site_adapters.calibration.calibration_file import CalibrationFile
from glsmed.site_adapters.calibration.calibration_fit import Fit
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned
from glsmed.site_adapters.calibration.scores import Floats, reliability, score

_BINS = 10
_HEADER = "said          cells   mean said   seen"


def reliability_report(cells: Sequence[GoldCell], fit: Fit, file: CalibrationFile) -> Iterator[str]:
    """Lines of text: what was counted, the chosen strengths, and a table of bins before and after."""
    seen = mentioned(cells)
    value = np.array([gold.value for gold, _ in seen], dtype=np.float64)
    prior = np.array([cell.probability for _, cell in seen], dtype=np.float64)
    hedged = np.array([cell.state == "uncertain" for _, cell in seen], dtype=bool)
    yield f"{file.labels} gold labels on mentioned findings, {file.hedged} of them hedged, in {file.reports} reports"
    yield _strengths_line(file)
    yield from _table("prior, hedged cells:", prior[hedged], value[hedged])
    if len(fit.predicted):
        yield from _table("calibrated, hedged cells, each held out:", fit.predicted[hedged], value[hedged])
    else:
        yield "too few reports to hold any out: the calibration is not tested"
    if file.learned is not None:
        used = "and is used" if file.learned.used else "not better beyond chance, so it is not used"
        yield (
            f"learned scoring: held-out log-loss {file.learned.held_out:.4f} "
            f"(posteriors {file.learned.beta:.4f}), {used}"
        )


def _strengths_line(file: CalibrationFile) -> str:
    strengths = file.strengths
    line = f"strengths: family {strengths.family:g}, cue {strengths.cue:g}, finding {strengths.finding:g}"
    if file.held_out is None:
        return line
    return f"{line}; held-out log-loss {file.held_out.chosen:.4f} (priors {file.held_out.prior:.4f})"


def _table(title: str, said: Floats, value: Floats) -> Iterator[str]:
    scores = score(said, value)
    if scores.brier is None or scores.ece is None:
        yield f"{title} none"
        return
    yield f"{title} Brier {scores.brier:.4f}, calibration error {scores.ece:.4f}"
    yield f"  {_HEADER}"
    for row in reliability(said, value, bins=_BINS):
        yield f"  {row.low:.1f} to {row.high:.1f} {row.n:8d} {row.predicted:11.3f} {row.observed:6.3f}"
