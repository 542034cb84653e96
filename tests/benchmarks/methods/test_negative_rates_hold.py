"""Negative rates over 200 epochs in every world; test_negative_rates.py shows what happens without guards."""

import pytest
import torch

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings, fit
from glsmed.benchmarks.comparison.trial import Sizes, make_trial
from glsmed.benchmarks.methods.negative_gls import NegativeGls
from glsmed.benchmarks.simulator.drawn import DrawnPictures
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import WORLDS
from glsmed.client.learning.negative_rates import NegativeRateGuard

SIZES = Sizes(train=20, validation=10, test=20, gold=10)
LONG = FitSettings(epochs=200, batch_size=60)


@pytest.mark.parametrize("world", WORLDS)
def test_the_guards_hold_for_200_epochs(world: str) -> None:
    hospitals = simulate(DrawnPictures(28), WORLDS[world], studies=SIZES.studies, seed=0)
    trial = make_trial(hospitals, SIZES, seed=0)
    answers = fit(NegativeGls(), trial, ARMS["gold"], LONG, seed=0)
    assert bool(torch.isfinite(answers.last).all())
    assert answers.largest_logit < 3 * NegativeRateGuard().logit_limit
