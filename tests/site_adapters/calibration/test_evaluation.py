import pytest
from sklearn.metrics import brier_score_loss  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.evaluation import evaluate, probabilities
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells
from glsmed.site_adapters.reading.reader import Reader

TEXTS = {"a": "Possible effusion. No mass.", "b": "Effusion is seen.", "c": "Possible effusion."}
GOLD = {("a", "effusion"): 0, ("a", "mass"): 0, ("b", "effusion"): 1, ("b", "nodule"): 1, ("c", "effusion"): 1}


@pytest.fixture
def cells(english: Reader) -> list[GoldCell]:
    return gold_cells(english, TEXTS, GOLD)


def test_cells_are_counted_by_what_the_words_say(cells: list[GoldCell]) -> None:
    result = evaluate(cells)
    assert (result.reports, result.all.n, result.mentioned.n, result.hedged.n) == (3, 5, 4, 2)
    assert {name: every.n for name, (every, _) in result.by_finding.items()} == {"effusion": 3, "mass": 1, "nodule": 1}


def test_hedged_cells_are_scored_alone(english: Reader, cells: list[GoldCell]) -> None:
    prior = english.adapter.cues["possible"].prior
    assert prior is not None
    assert evaluate(cells).hedged.brier == pytest.approx(brier_score_loss([0, 1], [prior.mean] * 2))


def test_a_calibration_changes_what_is_scored(english: Reader, cells: list[GoldCell]) -> None:
    calibration = calibrate(english.adapter, cells * 10)
    said = probabilities(cells, calibration)
    assert said[0] == calibration(english.read(TEXTS["a"]).cells["effusion"])[0]
    assert said[3] == calibration.unmentioned


def test_scores_are_json(cells: list[GoldCell]) -> None:
    printed = evaluate(cells).as_dict()
    assert list(printed) == ["reports", "all", "mentioned", "hedged", "findings"]
