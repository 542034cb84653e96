"""The image-informed form, negative rates over 200 epochs, and negative rates behind the gold gate."""

import math
from dataclasses import replace

import pytest
import torch

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings, fit
from glsmed.benchmarks.comparison.trial import Sizes, Trial, make_trial
from glsmed.benchmarks.methods.catalogue import make_method
from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.gls import GatedGls, NegativeGls, SiteGls, held_out_gold
from glsmed.benchmarks.methods.method import ExaminationBatch, Method
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.client.learning.negative_rates import NegativeRateGuard

SITES = ("st-mary", "sakura", "san-lucas")
NO = FitSettings(epochs=4)
SMALL = Sizes(train=20, validation=10, test=20, gold=10)
LONG = FitSettings(epochs=200, batch_size=60)


@pytest.fixture(scope="module")
def trial() -> Trial:
    sizes = Sizes(train=120, validation=20, test=20, gold=110)
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["class-conditional"], studies=sizes.studies, seed=0)
    return make_trial(hospitals, sizes, seed=0)


def _gate(cells: Cells, gains: dict[float, float]) -> GatedGls:
    """A gate whose short trainings of a mixing say so far above the truth of every gold cell."""
    truth = torch.where(cells.gold > 0, 1.0, -1.0)

    def try_out(method: Method, targets: Targets, site: int, epochs: int) -> torch.Tensor:
        assert isinstance(method, NegativeGls)
        assert epochs == 8
        return truth * gains[method.mixing]

    method = GatedGls()
    method.prepare(cells, SITES, try_out)
    return method


def test_where_the_gate_says_no_answers_are_those_of_the_recipe(trial: Trial) -> None:
    scarce = replace(trial, read=replace(trial.read, gold=_thinned(trial.read.gold, every=3)))
    gated, plain = (fit(method, scarce, ARMS["gold"], NO, seed=0) for method in (GatedGls(), SiteGls()))
    assert all("needed" in note for note in gated.notes)
    assert len(gated.notes) == 3 * 5
    for kind in ("last", "last_mapped", "best", "best_mapped"):
        assert torch.equal(getattr(gated, kind), getattr(plain, kind))


def _thinned(gold: torch.Tensor, *, every: int) -> torch.Tensor:
    kept = (torch.arange(len(gold)) % every == 0)[:, None]
    return torch.where(kept, gold, math.nan)


def test_a_gate_that_tried_and_says_no_changes_nothing_either(trial: Trial) -> None:
    cells = trial.read.with_gold_as_labels()
    gated = _gate(cells, {0.0: 2.0, 0.5: 1.0, 1.0: 0.5})
    targets, plain = (method.targets(cells, torch.Generator()) for method in (gated, SiteGls()))
    assert torch.equal(targets.values, plain.values)
    assert "too little" in gated.notes[0]
    logits = torch.randn(180, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(*(_gradient(method, logits, plain) for method in (gated, SiteGls())))


def _gradient(method: Method, logits: torch.Tensor, targets: Targets) -> torch.Tensor:
    from tests.benchmarks.methods.test_losses import batch

    leaf = logits.clone().requires_grad_()
    rows = replace(batch(targets.values[:180].tolist(), epoch=9), weights=targets.weights[:180])
    method.loss(leaf, rows).backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
    assert leaf.grad is not None
    return leaf.grad


def test_where_the_gate_says_yes_targets_are_stretched(trial: Trial) -> None:
    cells = trial.read.with_gold_as_labels()
    gated = _gate(cells, {0.0: 0.5, 0.5: 1.0, 1.0: 2.0})
    expected = NegativeGls(mixing=1.0).targets(cells, torch.Generator()).values
    assert torch.equal(gated.targets(cells, torch.Generator()).values, expected)
    assert gated.notes[0].startswith("st-mary, finding 0: mixing 1 saves")


def test_the_gate_decides_on_gold_that_was_not_trained_on(trial: Trial) -> None:
    cells = trial.read.with_gold_as_labels()
    seen: list[tuple[int, torch.Tensor]] = []

    def try_out(method: Method, targets: Targets, site: int, epochs: int) -> torch.Tensor:
        seen.append((site, targets.weights))
        return torch.zeros_like(targets.values)

    GatedGls().prepare(cells, SITES, try_out)
    assert [site for site, _ in seen] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for site, weights in seen:
        held = held_out_gold(cells, site)
        assert len(held) == 55
        assert float(weights[held].sum()) == 0
        assert set(cells.site[held].tolist()) == {site}


def test_a_mixing_that_ran_away_is_never_taken(trial: Trial) -> None:
    gated = _gate(trial.read.with_gold_as_labels(), {0.0: 0.5, 0.5: math.nan, 1.0: math.inf})
    assert gated.mixing_at(0).tolist() == [0.0] * 5 or "mixing 1 saves" in gated.notes[0]


def _loss_of(name: str, logits: torch.Tensor, targets: torch.Tensor) -> float:
    zeros, rows = torch.zeros_like(targets), torch.arange(len(targets))
    batch = ExaminationBatch(torch.empty(0), rows, targets, torch.ones_like(targets), zeros, epoch=0, progress=0.0)
    return float(make_method(name).loss(logits, batch))


def test_where_image_and_words_agree_it_punishes_a_confident_model_less_than_the_words_alone() -> None:
    logits, doubted = torch.tensor([[3.0], [-3.0]]), torch.tensor([[0.7], [0.3]])
    assert _loss_of("gls-image-informed", logits, doubted) < _loss_of("gls-lexicon", logits, doubted)


def test_certain_statements_cost_what_they_cost() -> None:
    logits, certain = torch.tensor([[3.0], [-3.0]]), torch.tensor([[0.0], [1.0]])
    assert _loss_of("gls-image-informed", logits, certain) == _loss_of("gls-lexicon", logits, certain)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_guards_hold_for_200_epochs(scenario: str) -> None:
    hospitals = simulate(SyntheticPictures(28), SCENARIOS[scenario], studies=SMALL.studies, seed=0)
    trial = make_trial(hospitals, SMALL, seed=0)
    answers = fit(NegativeGls(), trial, ARMS["gold"], LONG, seed=0)
    assert bool(torch.isfinite(answers.last).all())
    assert answers.largest_logit < 3 * NegativeRateGuard().logit_limit
