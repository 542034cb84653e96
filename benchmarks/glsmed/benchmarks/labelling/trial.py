"""One seed of one hospital: labels are drawn in two ways, and both are judged on other examinations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch

from glsmed.benchmarks.labelling.drawn_reports import DrawnReports, Floats
from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.client.labelling.choosing.draw import BATCH, allot, label_weights
from glsmed.client.labelling.choosing.pool import Integers, Pool
from glsmed.client.labelling.choosing.worth import Standing
from glsmed.client.learning.output_calibration import fit_output_calibration
from glsmed.shared.metrics.logistic import fit_slope_intercept
from glsmed.site_adapters.calibration.calibration import Calibration, calibrate
from glsmed.site_adapters.reading.cells import Cell

Way = Literal["worth", "random", "worth, unweighted"]
_CLIP = 1e-6


class Judged(NamedTuple):
    """What so many labels are worth on other examinations.

    Attributes:
        hedged: Brier score of the doubted cells by the calibrated words.
        brier: of all mentioned cells.
        slope: calibration slope of the calibrated words, all mentioned cells.
        map_slope: of the network's probabilities through the output calibration, all cells.
        opened: how many examinations were opened for the labels.
    """

    hedged: float
    brier: float
    slope: float
    map_slope: float
    opened: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A hospital's examinations to label, and others to judge on."""

    learn: DrawnReports
    test: DrawnReports

    def curve(self, way: Way, places: Sequence[int], rng: np.random.Generator) -> list[Judged]:
        """What is reached with each number of labels; the numbers are multiples of the batch."""
        draws = _random(self.learn, places, rng) if way == "random" else _chosen(self.learn, places, rng)
        weights = [np.sign(one) if way == "worth, unweighted" else one for one in draws]
        return [self.judge(one) for one in weights]

    def judge(self, weights: Floats) -> Judged:
        """What the cells of these weights ``(N, K)`` teach; 0 is a cell without a label."""
        calibration = calibrate(self.learn.reader.adapter, self.learn.gold(weights))
        said, truth, hedged = _said(self.test, calibration)
        squares = (said - truth) ** 2
        mapped = self._mapped(weights)
        return Judged(
            hedged=float(squares[hedged].mean()),
            brier=float(squares.mean()),
            slope=_slope(said, truth),
            map_slope=_slope(mapped.ravel(), self.test.truth.ravel().astype(np.float64)),
            opened=float((weights > 0).any(1).sum()),
        )

    def _mapped(self, weights: Floats) -> Floats:
        gold = np.where(weights > 0, self.learn.truth, np.nan)
        logits, labels = torch.from_numpy(self.learn.logits), torch.from_numpy(gold)
        curves = fit_output_calibration(logits, labels, FINDINGS, weights=torch.from_numpy(weights))
        return np.asarray(curves.probabilities(torch.from_numpy(self.test.logits)).double().numpy())


def _said(test: DrawnReports, calibration: Calibration) -> tuple[Floats, Floats, Floats]:
    found: list[tuple[Cell, int]] = [
        (cell, int(test.truth[row, FINDINGS.index(name)]))
        for row, cells in enumerate(test.cells)
        for name, cell in cells.items()
    ]
    said = np.array([calibration(cell)[0] for cell, _ in found])
    truth = np.array([float(value) for _, value in found])
    return said, truth, np.array([cell.state == "uncertain" for cell, _ in found])


def _slope(said: Floats, truth: Floats) -> float:
    clipped = torch.from_numpy(np.clip(said, _CLIP, 1 - _CLIP))
    return fit_slope_intercept(clipped.logit(), torch.from_numpy(truth))[0]


def _random(data: DrawnReports, places: Sequence[int], rng: np.random.Generator) -> Iterator[Floats]:
    """Examinations at random, each with all its findings."""
    order = rng.permutation(len(data.cells))
    for labels in places:
        weights = np.zeros(data.truth.shape)
        weights[order[: labels // len(FINDINGS)]] = 1.0
        yield weights


def _chosen(data: DrawnReports, places: Sequence[int], rng: np.random.Generator) -> Iterator[Floats]:
    """Cells as ``glsmed-client label`` chooses them, with its weights."""
    pool, order = data.pool(), rng.permutation(len(data.cells))
    lines = _lines(pool, order)
    counts = np.zeros(len(pool.names), dtype=np.intp)
    for labels in places:
        while counts.sum() < labels:
            counts = counts + allot(pool, _standing(data, lines, counts), labels=BATCH, rng=rng)
        yield _weights(data, pool, lines, counts)


def _lines(pool: Pool, order: Integers) -> list[list[tuple[int, int]]]:
    """The cells of each stratum in the order of the examinations."""
    lines: list[list[tuple[int, int]]] = [[] for _ in pool.names]
    for row in order.tolist():
        for column, stratum in enumerate(pool.stratum[row].tolist()):
            lines[stratum].append((row, column))
    return lines


def _asked(lines: list[list[tuple[int, int]]], counts: Sequence[int]) -> list[tuple[int, int]]:
    return [cell for line, count in zip(lines, counts, strict=True) for cell in line[: int(count)]]


def _standing(data: DrawnReports, lines: list[list[tuple[int, int]]], counts: Integers) -> Standing:
    asked = _asked(lines, counts.tolist())
    values = np.array([data.truth[cell] for cell in asked], dtype=np.intp)
    columns = np.array([column for _, column in asked], dtype=np.intp)
    present = np.bincount(columns[values == 1], minlength=len(FINDINGS))
    return Standing(counts, present, np.bincount(columns, minlength=len(FINDINGS)) - present)


def _weights(data: DrawnReports, pool: Pool, lines: list[list[tuple[int, int]]], counts: Integers) -> Floats:
    asked = _asked(lines, counts.tolist())
    strata = [pool.names[pool.stratum[cell]] for cell in asked]
    by_name = label_weights(dict(zip(pool.names, pool.sizes.tolist(), strict=True)), strata)
    weights = np.zeros(data.truth.shape)
    for cell, name in zip(asked, strata, strict=True):
        weights[cell] = by_name[name]
    return weights
