from collections.abc import Sequence

import numpy as np
import pytest

from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS, fit_labels, fold_of, surely_less
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.hierarchy import posterior
from glsmed.site_adapters.calibration.scores import log_losses
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

CUES = ("possible", "suspected", "probable", "cannot_exclude", "suggests")
FINDINGS = ("effusion", "pneumonia", "nodule")


@pytest.fixture
def adapter(english: Reader) -> Adapter:
    return english.adapter


def cell_of(adapter: Adapter, cue_id: str, finding: str = "effusion", *, share: float = 1.0) -> Cell:
    cue = adapter.cues[cue_id]
    assert cue.prior is not None
    mean = cue.prior.mean * share
    return Cell(finding, cue.state, mean, cue.prior.spread, cue.prior.strength, cue_id, cue.family, "body", share, ())


def labelled(cell: Cell, value: int, number: int = 0) -> GoldCell:
    return GoldCell(f"r{number}", cell.finding, value, cell, (cell,))


def drawn(adapter: Adapter, n: int, shift: float, rng: np.random.Generator) -> list[GoldCell]:
    """Labels of a site whose cues lie ``shift`` log-odds from the priors."""
    cells = [cell_of(adapter, str(rng.choice(CUES)), str(rng.choice(FINDINGS))) for _ in range(n)]
    odds = [np.log(cell.probability / (1 - cell.probability)) + shift for cell in cells]
    values = [int(rng.uniform() < 1 / (1 + np.exp(-odd))) for odd in odds]
    return [labelled(cell, value, number) for number, (cell, value) in enumerate(zip(cells, values, strict=True))]


def losses(adapter: Adapter, train: Sequence[GoldCell], test: Sequence[GoldCell]) -> tuple[float, float]:
    """Mean log-loss on ``test`` of the priors, and of the calibration made from ``train``."""
    calibration = calibrate(adapter, train)
    cells = [gold.cell for gold in test if gold.cell is not None]
    value = np.array([float(gold.value) for gold in test])
    prior = np.array([cell.probability for cell in cells])
    after = np.array([calibration(cell)[0] for cell in cells])
    return float(log_losses(prior, value).mean()), float(log_losses(after, value).mean())


def test_without_labels_every_cue_keeps_its_prior(adapter: Adapter) -> None:
    fit = fit_labels(adapter, [])
    priors = {cue.id: cue.prior.mean for cue in adapter.cues.values() if cue.prior is not None}
    assert dict(zip(fit.priors.cues, fit.posterior.cue_mean, strict=True)) == pytest.approx(priors)
    assert fit.held_out is None


def test_a_shared_prior_stands_in_for_the_adapters(adapter: Adapter) -> None:
    fit = fit_labels(adapter, [], {"possible": Beta(0.11, 50)})
    place = fit.priors.cues.index("possible")
    assert fit.posterior.cue_mean[place] == pytest.approx(0.11)
    assert fit.posterior.cue_strength[place] < 50


@pytest.mark.parametrize("labels", [25, 100])
def test_labels_of_a_site_that_differs_help(adapter: Adapter, labels: int) -> None:
    rng = np.random.default_rng(labels)
    pairs = [losses(adapter, drawn(adapter, labels, -1.5, rng), drawn(adapter, 300, -1.5, rng)) for _ in range(10)]
    before, after = np.mean(pairs, axis=0)
    assert after < before - 0.02


def test_labels_of_a_site_that_words_as_the_priors_say_cost_little(adapter: Adapter) -> None:
    rng = np.random.default_rng(5)
    pairs = [losses(adapter, drawn(adapter, 25, 0.0, rng), drawn(adapter, 300, 0.0, rng)) for _ in range(10)]
    before, after = np.mean(pairs, axis=0)
    assert after < before + 0.02


def test_a_held_out_probability_comes_from_the_other_folds(adapter: Adapter) -> None:
    cells = drawn(adapter, 80, -1.0, np.random.default_rng(1))
    fit = fit_labels(adapter, cells)
    first = cells[0]
    others = [gold for gold in cells if fold_of(gold.report_id) != fold_of(first.report_id)]
    assert first.cell is not None
    rest = fit_labels(adapter, others)
    expected = posterior(rest.priors, rest.counts, fit.strengths)
    cue, finding = rest.priors.cues.index(first.cell.cue), rest.findings.index(first.finding)
    assert fit.predicted[0] == pytest.approx(expected.mean[cue, finding])


def test_strengths_move_where_the_priors_are_far_off(adapter: Adapter) -> None:
    cells = [labelled(cell_of(adapter, CUES[n % 5], FINDINGS[n % 3]), int(n % 5 < 2), n) for n in range(600)]
    fit = fit_labels(adapter, cells)
    assert fit.strengths != DEFAULT_STRENGTHS
    assert fit.held_out is not None
    assert fit.held_out.chosen < fit.held_out.default < fit.held_out.prior


def test_an_absent_alternative_speaks_only_in_part_against_the_cues_belief(adapter: Adapter) -> None:
    prior = adapter.cues["versus"].prior
    assert prior is not None
    fit = fit_labels(adapter, [labelled(cell_of(adapter, "versus", share=0.5), 0)])
    still = prior.mean * 0.5 / (1 - prior.mean * 0.5)  # Bayes' rule: the belief held, for the other alternative
    assert fit.counts.successes[fit.priors.cues.index("versus"), 0] == pytest.approx(still)


def test_a_denied_doubt_is_a_family_of_its_own(english: Reader) -> None:
    cell = english.read("Probably no pneumothorax.").cells["pneumothorax"]
    fit = fit_labels(english.adapter, [labelled(cell, 0)])
    place = fit.priors.cues.index("probable+negated")
    assert fit.priors.families[fit.priors.family[place]] == "probability_denied"


def test_less_is_sure_only_beyond_a_standard_error() -> None:
    others = np.array([1.0, 1.0, 1.0, 1.0])
    assert surely_less(np.array([0.5, 0.5, 0.5, 0.6]), others)
    assert not surely_less(np.array([0.0, 2.0, 0.0, 1.9]), others)
