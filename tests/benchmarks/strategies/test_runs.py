"""A comparison from data to answers, as small as it gets."""

from pathlib import Path

import numpy as np
import pytest

from glsmed.benchmarks.federation.built_federation import RunSettings
from glsmed.benchmarks.strategies.runs import Plan, Runs, run_plan
from glsmed.benchmarks.strategies.trial import Job
from glsmed.shared.errors import UsageError

SETTINGS = RunSettings(rounds=1, steps_per_round=1, gold=5)
NAMES = ("mean", "personal-0.1", "local-norm", "control-variates", "local", "pooled")
PLAN = Plan("drawn", "case-dependent", 40, NAMES, 1, SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("strategies")
    run_plan(PLAN, Runs(out, PLAN), at_once=2, tell=lambda _: None)
    return out


def test_every_job_answers_for_the_test_patients_of_every_hospital(folder: Path) -> None:
    runs = Runs(folder, PLAN)
    truths = []
    for job in PLAN.jobs():
        answers = runs.answers(job)
        assert list(answers) == ["sakura", "san-lucas", "st-mary"]
        for one in answers.values():
            assert one.probability.shape == one.truth.shape
            assert ((one.probability > 0) & (one.probability < 1)).all()
        truths.append(np.concatenate([one.truth for one in answers.values()]))
        assert runs.told(job)["best_rounds"]
    assert all((truth == truths[0]).all() for truth in truths)


def test_what_is_done_is_left_alone(folder: Path) -> None:
    told: list[str] = []
    run_plan(PLAN, Runs(folder, PLAN), at_once=1, tell=told.append)
    assert told == []


def test_hospitals_of_a_job_are_taken_away_again(folder: Path) -> None:
    assert list((folder / "work").iterdir()) == []


def test_a_folder_with_other_settings_is_refused(folder: Path) -> None:
    other = Plan("drawn", "case-dependent", 41, ("mean",), 1, SETTINGS)
    with pytest.raises(UsageError, match="other settings"):
        Runs(folder, other)


def test_more_strategies_and_seeds_go_into_the_same_folder(folder: Path) -> None:
    more = Plan("drawn", "case-dependent", 40, ("mean", "adam"), 2, RunSettings(1, 1, 5, device="cuda"))
    assert Runs(folder, more).has(Job("mean", 0))
