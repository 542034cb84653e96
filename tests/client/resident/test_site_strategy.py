"""What a site does in its rounds by the study's strategy, with a small network and a few images."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.resident.site_strategy import SiteStrategy
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.round_training import RoundTraining
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.client.training.steps.training import train
from glsmed.shared.errors import WireError
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection
from glsmed.shared.wire.packed_model import Arrays

CPU = torch.device("cpu")
NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)\.")  # of a ResNet of torchvision
PLAIN = TrainingSection(rounds=3, steps_per_round=2, batch_size=8, learning_rate=0.01, momentum=0, optimizer="sgd")
NO_CURVES = OutputCalibration(findings=("effusion",), curves={})


def study(**changes: object) -> Study:
    return Study(
        study="s",
        findings=("effusion",),
        model=ModelSection(architecture="resnet10", image_size_px=32, calibration_map="off"),
        training=PLAIN.model_copy(update=changes),
    )


def splits(*, inverted_validation: bool = False) -> Mapping[SplitName, Examples]:
    """Bright images have the finding; in an inverted split the dark ones."""
    labels = (torch.arange(16) % 2).float()[:, None]
    data = Examples(
        images=(labels[:, :, None, None] * 200).expand(16, 1, 32, 32).byte(),
        targets=labels * 0.9 + 0.05,
        weights=torch.ones(16, 1),
        gold=torch.full((16, 1), math.nan),
        patients=tuple(f"p{number}" for number in range(16)),
        findings=("effusion",),
    )
    validation = replace(data, targets=1 - data.targets) if inverted_validation else data
    return {"train": data, "validation": validation, "test": data}


class Site:
    """A site that was just started on its state folder."""

    def __init__(self, folder: Path, chosen: Study) -> None:
        state = StateFolder(folder)
        write_known_secret(state, 0)
        self.model = initial_model(chosen)
        training = RoundTraining(chosen, devices=[CPU], state=state)
        self.strategy = SiteStrategy(chosen, self.model, training, state=state, device=CPU)

    def round(self, shared: Arrays, number: int, *, control: Arrays | None = None) -> dict[str, NDArray[np.generic]]:
        """What the site sends of a round."""
        self.strategy.train(shared, splits(), round_number=number, control=control)
        return copied(self.strategy.shared())

    def loaded(self, shared: Arrays, *, after_round: int) -> dict[str, NDArray[np.generic]]:
        self.strategy.load(shared, after_round=after_round)
        return copied(state_arrays(self.model))


def first_key(folder: Path, chosen: Study) -> bytes:
    """What the batches of a site's first round follow from."""
    return SiteSecret.of(StateFolder(folder)).key(chosen.digest(), 1, "training")


def copied(arrays: Arrays) -> dict[str, NDArray[np.generic]]:
    return {name: array.copy() for name, array in arrays.items()}


def first_model(chosen: Study) -> dict[str, NDArray[np.generic]]:
    return copied(state_arrays(initial_model(chosen)))


def distance(first: Arrays, second: Arrays) -> float:
    return max(float(np.abs(np.subtract(first[name], second[name])).max()) for name in first)


def test_by_default_a_round_is_plain_training(tmp_path: Path) -> None:
    chosen, expected = study(), initial_model(study())
    sent = Site(tmp_path, chosen).round(first_model(chosen), 1)
    key = first_key(tmp_path, chosen)
    train(expected, splits()["train"], chosen.training, round_number=1, device=CPU, key=key)
    assert list(sent) == list(expected.state_dict())
    assert distance(sent, state_arrays(expected)) == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["site.secret"]


def test_the_studys_pull_is_to_the_rounds_first_model(tmp_path: Path) -> None:
    chosen, expected = study(proximal_mu=40.0), initial_model(study())
    start = first_model(chosen)
    sent = Site(tmp_path, chosen).round(start, 1)
    key = first_key(tmp_path, chosen)
    train(expected, splits()["train"], PLAIN, round_number=1, device=CPU, steering=Steering(pull=40.0), key=key)
    assert distance(sent, state_arrays(expected)) == 0
    assert distance(sent, Site(tmp_path, study()).round(start, 1)) > 1e-3


def test_local_layers_do_not_travel_and_go_on_from_round_to_round(tmp_path: Path) -> None:
    chosen = study(local_layers="norm")
    full = first_model(chosen)
    shared = {name: array for name, array in full.items() if not NORM.search(name)}
    site = Site(tmp_path, chosen)
    assert list(site.round(shared, 1)) == list(shared)
    after_one = site.loaded(shared, after_round=1)
    site.round(shared, 2)
    again = Site(tmp_path, chosen)
    assert distance(again.loaded(shared, after_round=0), full) == 0
    assert distance(again.loaded(shared, after_round=1), after_one) == 0
    own = {name: array for name, array in again.loaded(shared, after_round=2).items() if NORM.search(name)}
    assert distance(own, after_one) > 0


STRATEGIES: Mapping[str, Study] = {
    "local layers": study(local_layers="norm_and_head"),
    "control variates": study(control_variates=True),
    "a personal model": study(personal_model_mu=0.1),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_round_that_was_lost_by_a_kill_ends_as_it_would_have(tmp_path: Path, name: str) -> None:
    """Round 2 at a site that goes on, and at one that is started anew after round 1 and trains round 2 twice."""
    chosen = STRATEGIES[name]
    shared = Site(tmp_path / "x", chosen).strategy.shared()
    shared = copied(shared)
    control = {array_name: np.full_like(array, 1e-3) for array_name, array in shared.items()}
    steady = Site(tmp_path / "steady", chosen)
    expected = [steady.round(shared, number, control=control) for number in (1, 2)][-1]
    Site(tmp_path / "killed", chosen).round(shared, 1, control=control)
    for _ in range(2):
        got = Site(tmp_path / "killed", chosen).round(shared, 2, control=control)
        assert distance(got, expected) == 0
    files = [sorted((tmp_path / folder).rglob("*.safetensors")) for folder in ("steady", "killed")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert len(files[0]) >= 2


def test_control_variates_shift_every_gradient(tmp_path: Path) -> None:
    """In a first round with c = .5 everywhere, one plain step of .01 moves every weight by .005 more."""
    chosen = study(control_variates=True, steps_per_round=1)
    start = first_model(chosen)
    plain, shifted = (
        Site(tmp_path / str(value), chosen).round(
            start, 1, control={name: np.full_like(array, value) for name, array in start.items()}
        )
        for value in (0.0, 0.5)
    )
    for name, array in plain.items():
        assert np.allclose(np.subtract(array, shifted[name]), 0.005, atol=1e-5), name


def test_without_the_centres_control_variate_the_round_is_refused(tmp_path: Path) -> None:
    chosen = study(control_variates=True)
    with pytest.raises(WireError, match="brings no control variate"):
        Site(tmp_path, chosen).round(first_model(chosen), 1)


def test_a_personal_model_does_not_change_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SiteSecret, "key", lambda *_words: b"the same in both studies")
    start = first_model(study())
    sent = [Site(tmp_path / str(mu), study(personal_model_mu=mu)).round(start, 1) for mu in (None, 0.1)]
    assert distance(sent[0], sent[1]) == 0


def test_the_better_of_both_models_ships(tmp_path: Path) -> None:
    """The centre's model stays as bad as it was at first; the site's own learns."""
    chosen = study(personal_model_mu=0.0, learning_rate=0.05, steps_per_round=6)
    start = first_model(chosen)
    site = Site(tmp_path, chosen)
    for number in (1, 2, 3):
        site.round(start, number)
    assert distance(site.loaded(start, after_round=3), start) == 0
    site.strategy.to_ship(splits(), NO_CURVES)
    assert distance(state_arrays(site.model), start) > 0.01


def test_the_shared_model_ships_where_the_sites_own_is_worse(tmp_path: Path) -> None:
    chosen = study(personal_model_mu=0.0, learning_rate=0.05)
    start = first_model(chosen)
    site = Site(tmp_path, chosen)
    site.strategy.train(start, splits(inverted_validation=True), round_number=1)
    site.strategy.load(start, after_round=1)
    site.strategy.to_ship(splits(inverted_validation=True), NO_CURVES)
    assert distance(state_arrays(site.model), start) == 0


def test_the_time_of_the_personal_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 107.0])
    monkeypatch.setattr("glsmed.client.resident.site_strategy.time.perf_counter", lambda: next(clock))
    chosen = study()
    site = Site(tmp_path, chosen)
    monkeypatch.setattr(site.strategy, "_trained", lambda *_: _summary())
    assert site.strategy.train(first_model(chosen), splits(), round_number=1).seconds == 7


def _summary() -> TrainingSummary:
    return TrainingSummary(loss=1.0, steps=1, images=1, cells=1, seconds=3.0)
