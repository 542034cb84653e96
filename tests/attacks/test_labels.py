"""A centre puts known images in an order of its own and reads labels out of AUROCs: a real site, asked in this process.

`glsmed-benchmark attacks --part labels` is the same at every bound, with more patients and rounds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from glsmed.benchmarks.attacks.asked_site import AskedSite
from glsmed.benchmarks.attacks.curve import Setting, attacked_site, defences, hospital_data
from glsmed.benchmarks.attacks.head_attack import head_names_of, read_validation
from glsmed.benchmarks.attacks.label_reading import Read, read_labels
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.shared.wire.packed_model import Arrays

ROUNDS = 14
OPEN, DEFAULT = Setting(None, draws=False), Setting(1.5, draws=True)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Without structlog's own pictures of tracebacks, which take a minute each."""
    with capture_logs():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hospitals")
    hospital_data(folder, studies=200, seed=0)
    return folder


@pytest.fixture
def site(data: Path, tmp_path: Path) -> Callable[[Setting], AskedSite]:
    return lambda setting: attacked_site(data, tmp_path / "site", setting, rounds=ROUNDS, steps=2, seed=0)


def _read(asked: AskedSite, setting: Setting) -> Read:
    with defences(setting):
        readings = read_validation(asked, rounds=ROUNDS, bound=setting.bound, design="single")
    truth, _ = reference_labels(asked.site.splits["validation"])
    return read_labels(readings, truth.double().numpy())


def test_control_without_bound_and_draw_single_labels_are_read(site: Callable[[Setting], AskedSite]) -> None:
    read = _read(site(OPEN), OPEN)
    assert read.labels >= 40
    assert read.accuracy > 0.93
    assert read.gain > 12


def test_by_default_hardly_more_than_absent_is_read(site: Callable[[Setting], AskedSite]) -> None:
    """The attacker stays within the bound in every round."""
    assert _read(site(DEFAULT), DEFAULT).gain <= 5


def _crafted(asked: AskedSite, factor: float) -> Arrays:
    """The first model with another last layer."""
    weight, _ = head_names_of(asked)
    return {**asked.first, weight: np.asarray(asked.first[weight] * factor, dtype=np.float32)}


@pytest.mark.parametrize("factor", [0.0, -1.0, 30.0], ids=["of zeros", "turned round", "far out"])
def test_a_crafted_last_layer_is_refused(site: Callable[[Setting], AskedSite], factor: float) -> None:
    """Nothing is measured or trained, the refusal is in the audit log, and the honest model is still answered."""
    asked = site(DEFAULT)
    first = asked.train(asked.first, round_number=1)
    assert asked.train(_crafted(asked, factor), round_number=2).refused == "TrajectoryError"
    log = asked.site.config.state.audit_log.read_text(encoding="utf-8")
    assert '"code":"TrajectoryError"' in log.replace(" ", "")
    assert not asked.train(first.trained, round_number=2).refused


def test_another_first_model_is_refused(site: Callable[[Setting], AskedSite]) -> None:
    asked = site(DEFAULT)
    assert asked.train(_crafted(asked, 1.001), round_number=1).refused == "TrajectoryError"


def test_control_without_bound_it_is_answered(site: Callable[[Setting], AskedSite]) -> None:
    asked = site(OPEN)
    asked.train(asked.first, round_number=1)
    with defences(OPEN):
        assert asked.train(_crafted(asked, 0.0), round_number=2).validation
