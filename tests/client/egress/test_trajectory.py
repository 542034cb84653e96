"""Which models a site answers about, with a model of two layers whose lengths can be worked out by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glsmed.client.egress.trajectory import Trajectory, TrajectoryModels
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, TrajectoryError, UnknownModelError
from glsmed.shared.protocol.strategy_settings import ServerOptimizerSection
from glsmed.shared.protocol.study import FederationSection, Study
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import FLOAT, Buffers, ModelLayout, packed_digest

BODY, HEAD = 100, 4
LAYOUT = ModelLayout(
    ModelManifest.of_arrays(
        {"body": np.zeros(BODY, np.float32), "head": np.zeros(HEAD, np.float32), "n": np.array([1])}
    )
)


def model(body: float = 0.0, head: float = 0.0, *, n: int = 1) -> Buffers:
    """Lengths from the first model: 10 × body, and 2 × head."""
    floats = np.concatenate([np.full(BODY, body), np.full(HEAD, head)]).astype(np.float32)
    return {FLOAT: floats, "int64": np.array([n])}


def digest(values: Buffers) -> str:
    return packed_digest(ModelForm.down(LAYOUT, "fp32").encode(values))


class Site:
    """A site that holds every model that it admitted, until some are lost."""

    def __init__(self, folder: Path, **federation: Any) -> None:
        self.study = Study(study="s", findings=("effusion",), federation=FederationSection(**federation))
        self._held: dict[str, Buffers] = {digest(model()): model()}
        self._folder = folder
        self.restart()

    def restart(self) -> None:
        models = TrajectoryModels(LAYOUT, digest(model()), model, self._read)
        self.trajectory = Trajectory(StateFolder(self._folder), self.study, models)

    def lose(self) -> None:
        self._held.clear()

    def _read(self, name: str) -> Buffers:
        if name not in self._held:
            raise UnknownModelError("lost")
        return self._held[name]

    def admit(self, values: Buffers, after_round: int, *, earlier: bool = False) -> None:
        self.trajectory.admit(digest(values), values, after_round=after_round, earlier=earlier)
        self._held[digest(values)] = values

    def train(
        self, values: Buffers, after_round: int, *, body: float = 0.1, head: float = 0.1, asked: str = ""
    ) -> None:
        """A round of training that moves the body by 10 × ``body`` and the head by 2 × ``head``: 1 and .2."""
        self.admit(values, after_round)
        self.trajectory.require_training(digest(values), asked)
        before = LAYOUT.unpack(values)
        after = {"body": before["body"] + np.float32(body), "head": before["head"] + np.float32(head), "n": before["n"]}
        self.trajectory.trained(digest(values), values, after)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_first_model_is_that_of_study_yaml(site: Site) -> None:
    site.admit(model(), 0)
    with pytest.raises(TrajectoryError, match=r"not the first model of study\.yaml\); so far 1"):
        site.admit(model(0.001), 0)


@pytest.mark.parametrize(("body", "head"), [(0.14, 0.0), (0.0, 0.29), (-0.1, 0.1)])
def test_a_model_within_the_bound_is_accepted(site: Site, body: float, head: float) -> None:
    site.train(model(), 0)
    site.admit(model(body, head), 1)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (model(0.17), "it lies 1.67 times as far from the model of round 0"),
        (model(0.0, 0.31), "its layer head lies 3.1 times as far .* allows 3"),
        (model(0.1, n=2), "its int64 values are others"),
    ],
    ids=["the whole", "one layer alone", "whole numbers"],
)
def test_a_model_beyond_the_bound_is_refused(site: Site, values: Buffers, why: str) -> None:
    """The head of the second is a twentieth as long as the whole model may move."""
    site.train(model(), 0)
    with pytest.raises(TrajectoryError, match=why):
        site.admit(values, 1)


def test_after_missed_rounds_the_bound_is_as_many_times_as_wide(site: Site) -> None:
    site.train(model(), 0)
    for too_early in (1, 2):
        with pytest.raises(TrajectoryError):
            site.admit(model(0.4), too_early)
    site.admit(model(0.4), 3)


def test_one_model_a_round_and_no_earlier_one(site: Site) -> None:
    site.train(model(), 0)
    site.admit(model(0.1), 1)
    site.admit(model(0.1), 1)
    for other, after_round in ((model(0.11), 1), (model(0.1), 2)):
        with pytest.raises(TrajectoryError):
            site.admit(other, after_round)
    site.admit(model(0.11), 2)


def test_the_best_model_at_the_end_may_be_of_a_round_that_was_missed(site: Site) -> None:
    site.train(model(), 0)
    site.train(model(0.1), 1)
    site.train(model(0.3), 4)
    site.admit(model(0.2), 2, earlier=True)
    with pytest.raises(TrajectoryError):
        site.admit(model(0.9), 3, earlier=True)


def test_after_a_broken_round_the_centre_goes_back_and_makes_another_model(site: Site) -> None:
    site.train(model(), 0)
    site.train(model(0.1), 1)
    site.admit(model(0.2), 2)
    site.train(model(0.1), 1)
    site.admit(model(0.19), 2)


def test_a_model_is_trained_in_one_way_only(site: Site) -> None:
    site.train(model(), 0, asked="control a")
    site.train(model(), 0, asked="control a")
    with pytest.raises(TrajectoryError, match="another control variate"):
        site.train(model(), 0, asked="control b")


def test_all_of_it_outlives_a_restart(site: Site) -> None:
    site.train(model(), 0)
    site.restart()
    site.admit(model(0.1), 1)
    site.restart()
    with pytest.raises(TrajectoryError, match="so far 1"):
        site.admit(model(0.11), 1)
    site.restart()
    with pytest.raises(TrajectoryError, match="so far 2"):
        site.admit(model(2.0), 2)


def test_a_site_that_was_killed_while_it_trained_is_asked_again(site: Site) -> None:
    site.train(model(), 0)
    site.admit(model(0.1), 1)
    site.restart()
    site.train(model(0.1), 1)
    site.admit(model(0.2), 2)


def test_a_model_that_drives_the_update_to_any_length_gains_little(site: Site) -> None:
    """After updates of 1 one of 1,000 counts as 8."""
    site.train(model(), 0)
    site.train(model(0.1), 1, body=100.0, head=100.0)
    with pytest.raises(TrajectoryError):
        site.admit(model(1.35), 2)
    site.admit(model(1.25), 2)


def test_layers_that_are_trained_later_count_from_then_on(site: Site) -> None:
    site.train(model(), 0, body=0.0)
    with pytest.raises(TrajectoryError, match="its layer body"):
        site.admit(model(0.001), 1)
    site.train(model(0.0, 0.1), 1)
    site.admit(model(0.1, 0.1), 2)


def test_where_the_last_model_was_lost_the_whole_way_is_measured(site: Site) -> None:
    site.train(model(), 0)
    site.train(model(0.1), 1)
    site.lose()
    with pytest.raises(TrajectoryError, match="of the study's beginning"):
        site.admit(model(0.31), 2)
    site.admit(model(0.29), 2)


def test_a_site_that_joins_later_trains_before_it_says_anything(site: Site) -> None:
    assert not site.trajectory.may_measure
    site.train(model(0.4), 3)
    assert site.trajectory.may_measure
    site.admit(model(0.5), 4)


def test_its_update_stays_where_the_way_is_too_long(site: Site) -> None:
    with pytest.raises(TrajectoryError, match="of the study's beginning"):
        site.train(model(0.5), 3)
    assert not site.trajectory.may_measure


def test_a_site_that_trained_nothing_measures_no_later_model(site: Site) -> None:
    with pytest.raises(TrajectoryError, match="has trained no model of this study"):
        site.admit(model(0.1), 1, earlier=True)
    with pytest.raises(TrajectoryError, match="has trained no model of this study"):
        site.trajectory.admit_peer(model(0.1), after_round=1)


def test_a_peers_model_may_be_twice_as_far_and_is_no_step(site: Site) -> None:
    site.train(model(), 0)
    site.trajectory.admit_peer(model(0.29), after_round=1)
    with pytest.raises(TrajectoryError):
        site.trajectory.admit_peer(model(0.32), after_round=1)
    site.admit(model(0.1), 1)


OPTIMIZERS: Mapping[str, tuple[ServerOptimizerSection, float]] = {
    "momentum": (ServerOptimizerSection(kind="momentum", momentum=0.9), 1.5 * 1.9 / 10),
    "adam": (ServerOptimizerSection(kind="adam", learning_rate=0.01), 1.5 * 0.01 * 2.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_a_server_optimizer_it_is_what_that_can_move(tmp_path: Path, name: str) -> None:
    """Momentum adds .9 of the round before; Adam moves each weight by its rate, at most about twice."""
    optimizer, most = OPTIMIZERS[name]
    site = Site(tmp_path, server_optimizer=optimizer)
    site.train(model(), 0)
    site.train(model(0.02), 1)
    with pytest.raises(TrajectoryError):
        site.admit(model(0.02 + 1.1 * most), 2)
    site.admit(model(0.02 + 0.95 * most), 2)


def test_what_bf16_rounds_on_the_way_does_not_count(tmp_path: Path) -> None:
    fine, rounded = Site(tmp_path / "a"), Site(tmp_path / "b", precision="bf16")
    for one in (fine, rounded):
        one.train(model(), 0, body=0.5)
        one.train(model(0.7), 1, body=1e-4, head=1e-4)
    with pytest.raises(TrajectoryError):
        fine.admit(model(0.702), 2)
    rounded.admit(model(0.702), 2)


def test_a_damaged_record_is_named(site: Site, tmp_path: Path) -> None:
    site.train(model(), 0)
    StateFolder(tmp_path).trajectory(site.study.digest()).write_text("{")
    with pytest.raises(DataError, match="record of accepted models cannot be read"):
        site.admit(model(), 0)
