"""Hospitals that took no part: intervals over patients, and paired differences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glsmed.benchmarks.real_data.outcome.unseen import Unseen, unseen
from glsmed.benchmarks.real_data.plans import RealJob, RealPlan
from glsmed.benchmarks.real_data.runs import RealRuns

_CASES = 120
Ask = Callable[..., Unseen]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """A function that asks two trainings of good answers, and a reference's whose answers are off by ``noise``."""

    def run(*, images_of_a_patient: int = 1, noise: float = 0.0) -> Unseen:
        runs = RealRuns(tmp_path, RealPlan(tmp_path, None, size_px=8, seeds=2))
        rng = np.random.default_rng(0)
        truth = rng.integers(2, size=_CASES).astype(np.float32)[:, None]
        logits = (2 * truth - 1) + rng.normal(size=truth.shape).astype(np.float32)
        worse = logits + noise * rng.normal(size=truth.shape).astype(np.float32)
        for method, said in (("u-ones", logits), ("gls-lexicon", worse)):
            for seed in range(2):
                arrays = {
                    "elsewhere": np.repeat(said, images_of_a_patient, axis=0),
                    "elsewhere_truth": np.repeat(truth, images_of_a_patient, axis=0),
                    "elsewhere_patient": np.repeat(np.arange(_CASES), images_of_a_patient),
                }
                runs.keep(RealJob(method, 0, seed), arrays)
        jobs = [[RealJob(method, 0, seed) for seed in range(2)] for method in ("u-ones", "gls-lexicon")]
        return unseen(runs, *jobs)

    return run


def test_four_images_of_each_patient_say_no_more_than_one(ask: Ask) -> None:
    once, four = ask().auroc, ask(images_of_a_patient=4).auroc
    assert once is not None
    assert four is not None
    assert four.high - four.low == pytest.approx(once.high - once.low, abs=1e-6)


def test_equal_answers_differ_by_nothing_in_any_draw(ask: Ask) -> None:
    for one in ask().less.values():
        assert (one.mean, one.low, one.high) == (0, 0, 0)


def test_a_worse_reference_is_clear_of_zero(ask: Ask) -> None:
    less = ask(noise=3.0).less
    assert less["auroc"].high < 0 < less["brier"].low
