import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.site_adapters.calibration.calibration import Calibration, calibration_file
from glsmed.site_adapters.calibration.calibration_fit import fit_labels
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells
from glsmed.site_adapters.calibration.learned_scoring import Learned, features, learn, predict
from glsmed.site_adapters.reading.reader import Reader

WITH_MASS, ALONE = "Possible effusion. There is a mass.", "Possible effusion."


def labelled(reader: Reader, pairs: list[tuple[str, int]]) -> list[GoldCell]:
    """Gold labels of an effusion in each text."""
    texts = {str(number): text for number, (text, _) in enumerate(pairs)}
    return gold_cells(reader, texts, {(str(number), "effusion"): value for number, (_, value) in enumerate(pairs)})


def by_neighbour(reader: Reader) -> list[GoldCell]:
    """A site where a doubted effusion is there exactly when a mass follows: no cue alone can tell."""
    return labelled(reader, [(WITH_MASS, 1), (ALONE, 0)] * 60)


def test_features_name_cues_and_counts_and_no_words(english: Reader) -> None:
    cells = english.read("No pneumothorax. Possible effusion. There is a mass.").cells
    described = features(cells["effusion"], cells.values())
    assert described["cue=possible"] == described["finding=effusion"] == 1
    assert described["before=negated"] == described["after=affirmed"] == 1
    assert described["denials"] == pytest.approx(math.log(2))
    assert described["prior"] == pytest.approx(
        math.log(cells["effusion"].probability / (1 - cells["effusion"].probability))
    )


def test_a_mention_without_neighbours_says_so(english: Reader) -> None:
    cells = english.read(ALONE).cells
    described = features(cells["effusion"], cells.values())
    assert described["before=none"] == described["after=none"] == 1


def test_a_model_that_surely_predicts_better_is_used(english: Reader) -> None:
    cells = by_neighbour(english)
    fit = fit_labels(english.adapter, cells)
    learned = learn(cells, fit)
    assert learned is not None
    assert learned.better
    calibration = Calibration(calibration_file(english.adapter, cells, fit, learned))
    one, other = english.read(WITH_MASS).cells, english.read(ALONE).cells
    assert calibration(one["effusion"], one.values())[0] > 0.8
    assert calibration(other["effusion"], other.values())[0] < 0.2
    assert calibration(one["effusion"]) == calibration(other["effusion"])


def test_a_model_that_is_not_surely_better_is_kept_but_not_used(english: Reader) -> None:
    rng = np.random.default_rng(0)
    cells = labelled(english, [(ALONE, int(value)) for value in rng.uniform(size=60) < 0.3])
    fit = fit_labels(english.adapter, cells)
    learned = learn(cells, fit)
    assert learned is not None
    assert not learned.better
    report = english.read(ALONE).cells
    calibration = Calibration(calibration_file(english.adapter, cells, fit, learned))
    assert calibration(report["effusion"], report.values()) == calibration(report["effusion"])


@pytest.mark.parametrize("pairs", [[], [(ALONE, 1)], [(ALONE, 0)] * 40])
def test_nothing_to_compare_leaves_no_model(english: Reader, pairs: list[tuple[str, int]]) -> None:
    cells = labelled(english, pairs)
    assert learn(cells, fit_labels(english.adapter, cells)) is None


def test_weights_predict_what_scikit_learn_predicts(english: Reader) -> None:
    cells = by_neighbour(english)
    learned = learn(cells, fit_labels(english.adapter, cells))
    assert learned is not None
    names = list(learned.weights)
    described = [features(gold.cell, gold.report) for gold in cells if gold.cell]
    table = np.array([[row.get(name, 0.0) for name in names] for row in described])
    model = LogisticRegression(C=learned.inverse_penalty, max_iter=1000).fit(table, [gold.value for gold in cells])
    expected = model.predict_proba(table[:2])[:, 1]
    assert [predict(learned.weights, learned.intercept, row) for row in described[:2]] == pytest.approx(
        expected, abs=1e-3
    )


def test_spread_follows_the_learned_mean(english: Reader) -> None:
    cells = by_neighbour(english)
    fit = fit_labels(english.adapter, cells)
    model = Learned({}, math.log(0.9 / 0.1), 1.0, 0.1, 0.5, better=True)
    file = calibration_file(english.adapter, cells, fit, model)
    report = english.read(ALONE).cells
    mean, spread = Calibration(file)(report["effusion"], report.values())
    beta_mean, beta_spread = Calibration(file)(report["effusion"])
    assert mean == pytest.approx(0.9)
    assert spread / math.sqrt(0.9 * 0.1) == pytest.approx(beta_spread / math.sqrt(beta_mean * (1 - beta_mean)))
