import pytest

from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.benchmarks.language import openi_score
from glsmed.benchmarks.language.openi_score import openi_cells, score_openi
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(autouse=True)
def _few_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openi_score, "REPEATS", 3)


def reports(n: int = 150) -> list[OpeniReport]:
    """A site where "possible" never holds, "probable" always does, and what is not mentioned is not there."""
    found = []
    for number in range(n):
        text = "Possible effusion. Probable pneumonia. No pneumothorax."
        gold = {"effusion": 0, "pneumonia": 1, "pneumothorax": 0, "nodule": 0}
        found.append(OpeniReport(f"CXR{number}", text, gold))
    return found


def test_calibration_on_other_reports_learns_what_words_mean_here() -> None:
    reader = Reader(load_adapter("en_radiology"))
    cells = openi_cells(reader, reports())
    scores = score_openi(reader.adapter, cells)
    assert scores.reports == 150
    assert scores.calibrated.n == 600
    assert scores.calibrated.f1 == 1.0
    assert scores.prior_hedged.n == scores.calibrated_hedged.n == 300
    assert scores.calibrated_hedged.brier is not None
    assert scores.prior_hedged.brier is not None
    assert scores.calibrated_hedged.brier < 0.01 < scores.prior_hedged.brier
    assert 200 < scores.fewest_hedged < 300


def test_more_labels_score_better() -> None:
    reader = Reader(load_adapter("en_radiology"))
    scores = score_openi(reader.adapter, openi_cells(reader, reports()))
    assert list(scores.few) == [25, 100]
    assert scores.few[100] < scores.few[25]


def test_a_report_is_never_scored_by_a_calibration_that_saw_it() -> None:
    """Each report has a finding of its own, so that labels which leaked would be told apart from those that did not."""
    reader = Reader(load_adapter("en_radiology"))
    odd = OpeniReport("CXR9999", "Fibrosis is most likely.", {"fibrosis": 0})
    cells = openi_cells(reader, [*reports(60), odd])
    scores = score_openi(reader.adapter, cells)
    alone = score_openi(reader.adapter, openi_cells(reader, reports(60)))
    prior = reader.adapter.cues["most_likely"].prior
    assert prior is not None
    hedged, without = scores.calibrated_hedged, alone.calibrated_hedged
    assert hedged.brier is not None
    assert without.brier is not None
    own = hedged.brier * hedged.n - without.brier * without.n
    assert own == pytest.approx(prior.mean**2, abs=0.15)
