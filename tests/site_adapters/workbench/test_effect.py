from pathlib import Path

import pytest

from glsmed.site_adapters.calibration.comparison import compare, judge
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.workbench.corrections import Correction, corrected
from tests.site_adapters.workbench.drawn_bench import drawn_bench


def test_cells_are_counted_and_judged_as_over_all_reports(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path)
    whiff = Correction("doubt", "whiff of", scope="forward", certainty=0.5)
    proposal = bench.propose(lambda text, subject: corrected(text, subject, whiff))
    effect, after = proposal.effect, proposal.subject
    assert effect is not None
    assert after is not None
    texts, gold = bench.corpus.texts, bench.corpus.gold
    expected = judge(gold_cells(bench.subject.reader, texts, gold), gold_cells(after.reader, texts, gold))
    assert [verdict.measure for verdict in effect.verdicts] == ["brier", "log_loss", "f1"]
    assert [one.after for one in effect.verdicts] == pytest.approx([one.after for one in expected])
    assert effect.cells == len(compare(bench.subject.reader, after.reader, texts).changes) > 0
    for finding, states in effect.states.items():
        cells = [one for text in texts.values() if (one := after.reader.read(text).cells.get(finding))]
        assert states["uncertain"][1] == sum(cell.state == "uncertain" for cell in cells)
    shown = effect.kinds[0].examples[0]
    assert "hiff of" in shown.words
    assert f"{shown.before}{shown.words}{shown.behind}" in texts[shown.report_id]
    assert len(effect.kinds[0].examples) == 5
