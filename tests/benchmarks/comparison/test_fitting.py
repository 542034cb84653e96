from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import Answers, FitSettings, fit, shifted
from glsmed.benchmarks.comparison.network import small_network
from glsmed.benchmarks.comparison.trial import Sizes, Trial, make_trial
from glsmed.benchmarks.methods.averaging import Averaging, ByCases, SiteModel
from glsmed.benchmarks.methods.catalogue import CANDIDATES, make_method, needs_federation
from glsmed.benchmarks.methods.cells import Cells
from glsmed.benchmarks.methods.gls import LexiconGls
from glsmed.benchmarks.methods.method import TryOut
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.metrics.macro import macro
from glsmed.shared.protocol.packed_model import Arrays

SIZES = Sizes(train=60, validation=20, test=40, gold=25)
SETTINGS = FitSettings(epochs=2)


@pytest.fixture(scope="module")
def trial() -> Trial:
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["alike"], studies=SIZES.studies, seed=0)
    return make_trial(hospitals, SIZES, seed=0)


def answers(trial: Trial, name: str = "gls-lexicon", arm: str = "gold", seed: int = 0) -> Answers:
    return fit(make_method(name), trial, ARMS[arm], SETTINGS, seed=seed)


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_method_trains_and_answers(trial: Trial, name: str) -> None:
    answered = answers(trial, name, "gold-federated" if needs_federation(name) else "gold")
    for probability in (answered.last, answered.last_mapped, answered.best, answered.best_mapped):
        assert probability.shape == (120, 5)
        assert bool(((probability >= 0) & (probability <= 1)).all())


def test_same_seed_same_answers(trial: Trial) -> None:
    assert torch.equal(answers(trial).last, answers(trial).last)
    assert not torch.equal(answers(trial).last, answers(trial, seed=1).last)


def test_without_gold_nothing_is_mapped_and_gold_changes_nothing(trial: Trial) -> None:
    blind = answers(trial, "gls-site", "no-gold")
    assert torch.equal(blind.last, blind.last_mapped)
    assert torch.equal(blind.last, answers(trial, "gls-lexicon", "no-gold").last)


def test_an_offset_changes_the_answer(trial: Trial) -> None:
    with_offset, without = (answers(trial, arm=arm).last for arm in ("gold", "gold-no-offset"))
    assert not torch.allclose(with_offset, without)


def test_the_map_keeps_the_order_within_a_site(trial: Trial) -> None:
    answered = answers(trial)
    for number in range(3):
        rows = trial.test.site == number
        order = answered.last[rows, 0].argsort()
        assert bool((answered.last_mapped[rows, 0][order].diff() >= -1e-6).all())


def test_training_learns(trial: Trial) -> None:
    learned = fit(make_method("gls-lexicon"), trial, ARMS["gold"], FitSettings(epochs=12), seed=0)
    measured = macro(finding_metrics(learned.last, trial.test.truth, trial.findings))
    assert measured["auroc"] > 0.55


def test_validation_never_sees_truth(trial: Trial) -> None:
    plain = trial.validation.truth
    assert bool(torch.isnan(plain[trial.validation.hedged]).all())
    unlike = replace(trial, validation=replace(trial.validation, truth=torch.full_like(plain, torch.nan)))
    assert answers(unlike).best_epoch == -1


def test_no_study_is_in_two_parts(trial: Trial) -> None:
    parts = torch.cat([trial.images, trial.validation.images, trial.test.images]).flatten(1)
    assert len(torch.unique(parts, dim=0)) == len(parts) == 3 * SIZES.studies


def test_gold_is_among_those_trained_on(trial: Trial) -> None:
    known = ~torch.isnan(trial.read.gold).all(1)
    assert int(known.sum()) == 75
    assert torch.equal(trial.images[known], trial.gold.images)
    assert torch.equal(trial.read.gold[known], trial.gold.truth)
    assert bool(torch.isnan(trial.blind.gold).all())


def test_shifted_images_lose_nothing() -> None:
    images = torch.rand(2, 1, 6, 6)
    moved = shifted(images, 2, torch.Generator().manual_seed(1))
    assert torch.equal(moved.flatten().sort().values, images.flatten().sort().values)
    assert torch.equal(shifted(images, 0, torch.Generator()), images)


def test_network_is_seeded_without_touching_the_global_state() -> None:
    before = torch.random.get_rng_state()
    first, second = (small_network(2, seed=3)(torch.ones(1, 1, 28, 28)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_federation_is_another_training_and_as_reproducible(trial: Trial) -> None:
    one = FitSettings(epochs=1)
    federated = fit(make_method("gls-lexicon"), trial, ARMS["no-gold-federated"], one, seed=0)
    pooled = fit(make_method("gls-lexicon"), trial, ARMS["no-gold"], one, seed=0)
    assert not torch.allclose(federated.last, pooled.last)
    again = fit(make_method("gls-lexicon"), trial, ARMS["no-gold-federated"], one, seed=0)
    assert torch.equal(federated.last, again.last)


def test_the_centre_averages_what_the_sites_trained(trial: Trial) -> None:
    """One round of FedAvg by hand: each site alone from the same start, then the mean of their parameters."""
    models: list[SiteModel] = []

    class Watched(ByCases):
        def mean(self, models_of_round: Sequence[SiteModel]) -> Arrays:
            models.extend(models_of_round)
            return super().mean(models_of_round)

    class Plain(LexiconGls):
        def aggregation(self) -> Averaging:
            return Watched()

    federated = fit(Plain(), trial, ARMS["no-gold-federated"], FitSettings(epochs=1), seed=0)
    assert [one.site for one in models] == ["st-mary", "sakura", "san-lucas"]
    assert [one.cases for one in models] == [60, 60, 60]
    net = small_network(5, seed=0)
    mean = {
        name: torch.stack([torch.from_numpy(one.model[name]) for one in models]).mean(0) for name in models[0].model
    }
    net.load_state_dict(mean)
    with torch.no_grad():
        raw = net(trial.test.images)
    offsets = federated.last.logit() - raw
    for number in range(3):
        of_site = offsets[trial.test.site == number]
        assert float(of_site.std(0).max()) < 1e-3  # what is left over is the site's offset, the same for every study


def test_a_site_trains_alone_as_in_the_first_round_of_a_federation(trial: Trial) -> None:
    """What a method tries out at a site is what the site would send."""
    tried: list[torch.Tensor] = []

    class Tries(LexiconGls):
        def prepare(self, cells: Cells, sites: Sequence[str], try_out: TryOut) -> None:
            targets = LexiconGls().targets(cells, torch.Generator())
            tried.extend(try_out(LexiconGls(), targets, 1, epochs) for epochs in (1, 1, 9))

    answered = fit(Tries(), trial, ARMS["no-gold"], SETTINGS, seed=0)
    assert torch.equal(tried[0], tried[1])
    assert not torch.allclose(tried[0], tried[2])
    assert tried[0].shape == (180, 5)
    assert torch.equal(answered.last, answers(trial, arm="no-gold").last)


def test_a_federation_of_sites_that_learn_nothing_is_the_initial_model(trial: Trial) -> None:
    still = FitSettings(epochs=2, learning_rate=1e-12)
    federated = fit(make_method("gls-lexicon"), trial, ARMS["no-gold-federated"], still, seed=0)
    pooled = fit(make_method("gls-lexicon"), trial, ARMS["no-gold"], still, seed=0)
    assert torch.allclose(federated.last, pooled.last, atol=1e-6)
