import numpy as np
import pytest
import torch

from glsmed.benchmarks.tables.calibration_floor import calibration_floors
from glsmed.shared.metrics.calibration_error import equal_mass_calibration_error, expected_calibration_error

METRICS = {"ece_floor": expected_calibration_error, "ece_equal_mass_floor": equal_mass_calibration_error}


def _said(n: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).beta(1.0, 3.0, n))


def _measured(name: str, said: torch.Tensor, right: torch.Tensor, datasets: int = 150) -> float:
    """The mean error of what was said over data sets whose truth follows what is right."""
    generator = torch.Generator().manual_seed(9)
    errors = [METRICS[name](said, torch.bernoulli(right, generator=generator)) for _ in range(datasets)]
    return float(np.mean(errors))


def _floor(name: str, said: torch.Tensor) -> float:
    return calibration_floors(said[:, None].numpy(), np.ones((len(said), 1), dtype=bool), seed=1)[name]


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("studies", [90, 800])
def test_a_calibrated_model_is_at_its_floor(name: str, studies: int) -> None:
    said = _said(studies)
    assert _measured(name, said, said) == pytest.approx(_floor(name, said), rel=0.06)


@pytest.mark.parametrize("name", METRICS)
def test_a_timid_model_is_far_above_its_floor(name: str) -> None:
    right = _said(800)
    timid = 0.25 + 0.5 * right
    assert _measured(name, timid, right) > 2.5 * _floor(name, timid)


@pytest.mark.parametrize("name", METRICS)
def test_more_studies_have_a_lower_floor(name: str) -> None:
    """The error of a mean falls with the root of its cases."""
    assert _floor(name, _said(3200)) == pytest.approx(_floor(name, _said(800)) / 2, rel=0.15)


def test_one_study_by_hand() -> None:
    """Said 0.2: the error is 0.8 once in five times and 0.2 else."""
    floors = calibration_floors(np.array([[0.2]]), np.array([[True]]), seed=0, draws=20_000)
    assert floors["ece_floor"] == pytest.approx(0.2 * 0.8 + 0.8 * 0.2, rel=0.02)


def test_only_counted_cells_count_and_findings_are_averaged() -> None:
    said = np.stack([_said(400).numpy(), np.ones(400), np.full(400, np.nan)], axis=1)
    counted = np.ones((400, 3), dtype=bool)
    counted[:, 2] = False
    alone = calibration_floors(said[:, :1], counted[:, :1], seed=3)
    assert calibration_floors(said, counted, seed=3)["ece_floor"] == pytest.approx(alone["ece_floor"] / 2)
    assert calibration_floors(said, np.zeros((400, 3), dtype=bool), seed=3) == {}
