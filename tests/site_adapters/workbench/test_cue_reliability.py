from pathlib import Path

import numpy as np
import pytest

from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.workbench.cue_reliability import MORE_LABELS, cue_reliability
from tests.site_adapters.workbench.drawn_bench import drawn_bench


def test_cues_are_told_by_their_labels(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path)
    cells = gold_cells(bench.subject.reader, bench.corpus.texts, bench.corpus.gold)
    found = cue_reliability(bench.subject.adapter, cells, bench.readings)
    own = [gold.value for gold in cells if gold.cell is not None and gold.cell.cue == "possible"]
    row = next(row for row in found.cues if row.name == "possible")
    assert row.labels == len(own)
    assert row.seen is not None
    assert row.seen.mean == pytest.approx(np.mean(own))
    assert row.cells == sum(cell.cue == "possible" for one in bench.readings.values() for cell in one.cells.values())
    assert row.after.spread < row.before.spread
    assert row.narrowed is not None
    strength = row.after.mean * (1 - row.after.mean) / row.after.spread**2 - 1
    assert row.narrowed == pytest.approx((row.after.mean * (1 - row.after.mean) / (strength + MORE_LABELS + 1)) ** 0.5)
    assert found.hedged == sum(gold.hedged for gold in cells)
    assert found.brier[0] is not None


def test_without_gold_the_widest_and_most_frequent_cue_wants_labels_first(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path, gold=False)
    found = cue_reliability(bench.subject.adapter, [], bench.readings)
    assert found.labels == 0
    assert found.brier == (None, None)
    assert found.wanting[0].name in ("possible", "cannot_exclude")
    assert all(row.before == row.after or row.after.mean == pytest.approx(row.before.mean) for row in found.cues)
