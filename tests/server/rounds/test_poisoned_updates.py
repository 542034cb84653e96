"""One hospital of five sends poison through the whole round loop, once with each defence and once without.

The honest four add 1 to every weight in a round; so must the shared model. Without a defence the fifth takes it over.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import LocalGrid, Misbehaviour
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds import rounds as rounds_module
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.protocol.strategy_settings import AggregationSection
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import changes_arrays, claims, only
from tests.server.conftest import FIRST_MODEL

HONEST = ("a", "b", "c", "d")
ROUNDS = 3
DEFENCES = [{"rule": "median"}, {"rule": "trimmed_mean"}, {"rule": "norm_bounded_mean"}]
Learned = Callable[..., NDArray[np.float32]]


def _study(aggregation: dict[str, object], max_update_norm: float | None, *, rounds: int) -> Study:
    study = Study(study="doubt", findings=("effusion",))
    federation = study.federation.model_copy(
        update={
            "quorum": 4,
            "max_cells_per_site": 1000,
            "max_update_norm": max_update_norm,
            "max_norm_ratio": None,
            "aggregation": AggregationSection.model_validate({"max_site_share": 1, **aggregation}),
        }
    )
    training = study.training.model_copy(update={"rounds": rounds, "steps_per_round": 10})
    return study.model_copy(update={"federation": federation, "training": training})


def _huge(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.full_like(array, 1e30) if array.dtype.kind == "f" else array


@pytest.fixture
def learned(
    make_site: Callable[..., ClientApp], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Learned:
    """The weights after three rounds, of which the honest sites alone would make 3; no model is taken back."""
    monkeypatch.setattr(rounds_module, "bad_model", lambda *_, **__: None)

    def learn(
        *,
        step: float,
        aggregation: dict[str, object],
        fault: Misbehaviour | None = None,
        max_update_norm: float | None = None,
        rounds: int = ROUNDS,
    ) -> NDArray[np.float32]:
        study = _study(aggregation, max_update_norm, rounds=rounds)
        apps = {site: make_site(site, study_digest=study.digest()) for site in HONEST}
        apps["e"] = make_site("e", step=step, study_digest=study.digest())
        grid = LocalGrid(apps, misbehaviours={} if fault is None else {"e": only(fault)}, clock=clock)
        folder = RunFolder(tmp_path / "run")
        folder.checkpoints.begin(FIRST_MODEL, study_digest=study.digest())
        run_study(grid, study, folder, sites=lambda: grid.nodes, plan=StudyPlan(clock=clock))
        weights = ModelFile.open(folder.checkpoints.path(rounds)).arrays()["weight"]
        return np.asarray(weights, dtype=np.float32)

    return learn


MINUS_TEN = -10.0  # times what the others change


def test_without_a_defence_minus_ten_times_the_change_turns_the_model_round(learned: Learned) -> None:
    assert learned(step=MINUS_TEN, aggregation={"rule": "mean"}) == pytest.approx(ROUNDS * (4 - 10) / 5)


def test_minus_ten_times_the_change_is_refused_beyond_the_studys_norm(learned: Learned) -> None:
    bound = 3 * np.sqrt(2)  # three times the norm of an honest change
    assert learned(step=MINUS_TEN, aggregation={"rule": "mean"}, max_update_norm=bound) == pytest.approx(ROUNDS)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ({"rule": "median"}, ROUNDS),
        ({"rule": "trimmed_mean"}, ROUNDS),
        ({"rule": "norm_bounded_mean"}, ROUNDS * (4 - 1) / 5),  # its length is that of the others, not its direction
    ],
)
def test_minus_ten_times_the_change_does_not_turn_the_model_round(
    learned: Learned, aggregation: dict[str, object], expected: float
) -> None:
    assert learned(step=MINUS_TEN, aggregation=aggregation) == pytest.approx(expected)


def test_without_a_defence_1e30_is_the_model(learned: Learned) -> None:
    weights = learned(step=1.0, aggregation={"rule": "mean"}, fault=changes_arrays(_huge), rounds=1)
    assert np.all(weights > 1e29)


def test_1e30_is_refused_beyond_the_studys_norm(learned: Learned) -> None:
    fault = changes_arrays(_huge)
    assert learned(step=1.0, aggregation={"rule": "mean"}, fault=fault, max_update_norm=50) == pytest.approx(ROUNDS)


@pytest.mark.parametrize("aggregation", DEFENCES, ids=lambda one: one["rule"])
def test_1e30_does_not_become_the_model(learned: Learned, aggregation: dict[str, object]) -> None:
    weights = learned(step=1.0, aggregation=aggregation, fault=changes_arrays(_huge))
    assert weights == pytest.approx(ROUNDS, abs=0.01)


def test_without_a_defence_a_wrong_weight_outvotes_the_others(learned: Learned) -> None:
    weights = learned(step=-1.0, aggregation={"rule": "mean"}, fault=claims(training_cells=1000))
    assert weights == pytest.approx(ROUNDS * (40 - 1000) / 1040, rel=1e-5)


@pytest.mark.parametrize("rule", ["median", "trimmed_mean"])
def test_a_wrong_weight_counts_for_nothing_where_all_sites_count_alike(learned: Learned, rule: str) -> None:
    weights = learned(step=-1.0, aggregation={"rule": rule}, fault=claims(training_cells=1000))
    assert weights == pytest.approx(ROUNDS)
