"""Metrics of all sites together, from the sum of their counts of scores.

They stand where a site's numbers stand, under a name that no site can have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from glsmed.server.folders.run_folder import MetricRow
from glsmed.shared.errors import WireError
from glsmed.shared.metrics.score_bins import FINE_BINS
from glsmed.shared.protocol.metric_names import CALIBRATION_BINS, MISSING
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.roster import Roster

ALL_SITES = "all sites"
_MOST_CELLS = 10_000_000  # of one finding at all sites together: more is no honest sum
_NO_REFERENCE, _TOO_FEW = 2.0, 3.0  # places in MISSING_REASONS: why a finding has no number
_CLASSES = 2

Whole = NDArray[np.int64]


def is_of_a_sum(site: str) -> bool:
    """Whether the numbers under this name are those of several sites together."""
    return site.startswith(ALL_SITES)


def name_of_sum(exchange: Exchange, survivors: Iterable[str], roster: Roster) -> str:
    """Whose numbers a sum has: rounds can be compared only where the same sites have added to them."""
    adding = {one.site for one in exchange.keys if one.adds_to} & set(survivors)
    without = sorted(roster.sites.keys() - adding)
    return f"{ALL_SITES} but {' and '.join(without)}" if without else ALL_SITES


def reference_of_sum(references: Iterable[str]) -> str:
    """What the sites' truth is: gold, reports, or both."""
    return " and ".join(sorted({one for one in references if one}))


def pooled_rows(
    scores: Ring, findings: Sequence[str], *, like: MetricRow, exchange: Exchange, ends: bool = False
) -> list[MetricRow]:
    """The rows of each finding that can be shown, with the metrics that sites send otherwise.

    Of a finding of whose smaller group there are fewer cells than a site's policy asks for there are none.

    Args:
        scores: ``(K, 2 x bins)`` the sum.
        findings: the K names.
        like: what all rows have in common.
        exchange: what the sites of the sum signed.
        ends: whether this is the final evaluation: then with calibration, and why a finding has no number.

    Raises:
        WireError: there are more cells than sites can have: one added what it liked.
    """
    counts = scores.reshape(len(findings), _CLASSES, FINE_BINS).astype(np.int64)
    if int(counts.sum((1, 2)).max()) > _MOST_CELLS:
        raise WireError(f"counts of scores: expected at most {_MOST_CELLS} cells of a finding: a site added wrong ones")
    least = max(exchange.min_patients, 1)
    shown = [place for place in range(len(findings)) if int(counts[place].sum(1).min()) >= least]
    numbers = {findings[place]: _metrics(counts[place]) for place in shown}
    rows = [_row(like, finding, name, value) for finding, own in numbers.items() for name, value in own.items()]
    if not ends:
        return rows
    missing = (place for place in range(len(findings)) if place not in shown)
    rows += [
        _row(like, findings[place], MISSING, _TOO_FEW if counts[place].any() else _NO_REFERENCE) for place in missing
    ]
    return [*rows, *(_row(like, "", name, value) for name, value in _calibration(counts[shown], least))]


def _row(like: MetricRow, finding: str, metric: str, value: float) -> MetricRow:
    return MetricRow(like.round, like.split, like.site, like.reference, finding, metric, value)


def _metrics(counts: Whole) -> Mapping[str, float]:
    """Of one finding, ``(2, bins)``."""
    import torch  # heavy: only a centre whose study sums metrics has it in memory

    from glsmed.shared.metrics.finding_metrics import finding_metrics
    from glsmed.shared.metrics.score_counts import cells_of_counts

    return finding_metrics(*cells_of_counts(torch.from_numpy(counts[None]).double()), [""])[""]


def _calibration(counts: Whole, least: int) -> Iterator[tuple[str, float]]:
    """Of each of ten bins of probabilities the cells, the mean of what was said, and the share that was true."""
    import torch

    from glsmed.shared.metrics.finding_metrics import calibration_counts
    from glsmed.shared.metrics.score_counts import cells_of_counts

    probabilities, truth = cells_of_counts(torch.from_numpy(counts.sum(0, keepdims=True)).double())
    sums = calibration_counts(probabilities[:, 0].double(), truth[:, 0].double(), bins=CALIBRATION_BINS).tolist()
    for place, (cells, said, true) in enumerate(zip(*sums, strict=True)):
        if min(true, cells - true) >= least:
            yield f"calibration_cells_{place}", cells
            yield f"calibration_said_{place}", said / cells
            yield f"calibration_true_{place}", true / cells
