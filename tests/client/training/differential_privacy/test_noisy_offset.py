"""The offset of a private study: close to the exact one, bounded by patient, paid for once."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.labels.training_targets import site_offset
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.differential_privacy import noisy_offset as under_test
from glsmed.client.training.differential_privacy.noisy_offset import bounded_sums, noisy_offset, offset_of
from glsmed.shared.privacy.planning import OFFSET_NOISE
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection

FINDINGS = ("effusion", "nodule")
PREVALENCES = (0.4, 0.1)


class KnownNoise:
    """Stands for the secret generator, so that a test cannot fail by chance."""

    def normal(self, shape: Sequence[int], *, device: torch.device) -> Tensor:
        return torch.randn(tuple(shape), dtype=torch.float64, generator=torch.Generator().manual_seed(5)).to(device)


class Silence:
    def normal(self, shape: Sequence[int], *, device: torch.device) -> Tensor:
        return torch.zeros(tuple(shape), dtype=torch.float64, device=device)


def _examples(patients: Sequence[str], targets: Tensor, weights: Tensor | None = None) -> Examples:
    return Examples(
        images=torch.zeros((len(patients), 1, 1, 1), dtype=torch.uint8),
        targets=targets.float(),
        weights=torch.ones_like(targets).float() if weights is None else weights.float(),
        gold=torch.full_like(targets, torch.nan).float(),
        patients=tuple(patients),
        findings=FINDINGS,
    )


def _hospital(patients: int) -> Examples:
    generator = torch.Generator().manual_seed(0)
    targets = torch.rand(patients, 2, generator=generator) < torch.tensor(PREVALENCES)
    return _examples([str(number) for number in range(patients)], targets)


def _study(noise: float = 1.0) -> Study:
    privacy = PrivacySection(noise_multiplier=noise, max_epsilon=2, delta=1e-6)
    return Study(study="s", findings=FINDINGS, training=TrainingSection(privacy=privacy))


def _ledger(tmp_path: Path, study: Study) -> PrivacyLedger:
    return PrivacyLedger(PatientAccountFile(tmp_path / "privacy.json"), study.digest())


def _paid(ledger: PrivacyLedger) -> int:
    return sum(one.steps for one in ledger.file.read().of(ledger.study))


def test_a_large_hospital_has_nearly_its_exact_offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "SecretRandom", KnownNoise)
    study, hospital = _study(), _hospital(5_000)
    offset = noisy_offset(hospital, study, StateFolder(tmp_path), _ledger(tmp_path, study))
    assert offset.tolist() == pytest.approx(site_offset(hospital).tolist(), abs=0.15)


def test_it_is_drawn_and_paid_for_once(tmp_path: Path) -> None:
    study, hospital = _study(), _hospital(400)
    ledger = _ledger(tmp_path, study)
    first = noisy_offset(hospital, study, StateFolder(tmp_path), ledger)
    again = noisy_offset(hospital, study, StateFolder(tmp_path), _ledger(tmp_path, study))
    assert torch.equal(first, again)
    (taken,) = ledger.file.read().of(ledger.study)
    assert (taken.noise_multiplier, taken.sampling_rate, taken.steps) == (OFFSET_NOISE, 1.0, 1)
    assert ledger.owed(ledger.file.read(), study.training) == []
    assert ledger.trained_steps(ledger.file.read()) == 0


def test_without_budget_there_is_no_offset_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = _study()
    study = study.model_copy(
        update={
            "training": study.training.model_copy(
                update={"privacy": PrivacySection(noise_multiplier=1, max_epsilon=0.05)}
            )
        }
    )
    ledger = _ledger(tmp_path, study)
    with capture_logs() as logs:
        offset = noisy_offset(_hospital(400), study, StateFolder(tmp_path), ledger)
    assert offset.tolist() == [0.0, 0.0]
    assert [entry["event"] for entry in logs] == ["no_site_offset"]
    assert not StateFolder(tmp_path).noisy_base_rates(study.digest()).exists()
    assert _paid(ledger) == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.booleans(), st.booleans()), min_size=1, max_size=9
    )
)
def test_a_patient_moves_the_sums_by_a_bounded_length(images: list[tuple[float, float, bool, bool]]) -> None:
    others = _hospital(5)
    targets = torch.tensor([image[:2] for image in images])
    weights = torch.tensor([[float(known) for known in image[2:]] for image in images])
    with_patient = _examples(
        [*others.patients, *["x"] * len(images)],
        torch.cat([others.targets, targets]),
        torch.cat([others.weights, weights]),
    )
    moved = bounded_sums(with_patient) - bounded_sums(others)
    assert float(torch.linalg.vector_norm(moved)) <= math.sqrt(len(FINDINGS))
    assert bool((moved.pow(2).sum(0) <= 1).all())


@pytest.mark.parametrize(
    ("sums", "expected"),
    [([[10.0], [990.0]], math.log(20 / 1_000)), ([[-50.0], [40.0]], math.log(10 / 50)), ([[-9.0], [-9.0]], 0.0)],
    ids=["rare", "fewer than nobody", "nobody"],
)
def test_noise_as_large_as_the_hospital_leaves_a_sane_offset(sums: list[list[float]], expected: float) -> None:
    assert offset_of(torch.tensor(sums), 10.0).tolist() == pytest.approx([expected])


def test_without_noise_one_patient_would_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "SecretRandom", Silence)
    study, hospital = _study(), _hospital(40)
    target = hospital.targets.clone()
    target[0, 0] = 1 - target[0, 0]
    offsets = [
        noisy_offset(one, study, StateFolder(tmp_path / name), _ledger(tmp_path / name, study))
        for name, one in (("a", hospital), ("b", _examples(hospital.patients, target)))
    ]
    assert offsets[0][0] != offsets[1][0]
    assert offsets[0][1] == offsets[1][1]
