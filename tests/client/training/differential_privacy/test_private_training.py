import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from glsmed.client.data.examples import Examples
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.differential_privacy import patient_steps
from glsmed.client.training.differential_privacy.patient_steps import whole_patients
from glsmed.client.training.differential_privacy.private_training import (
    drawn_patients,
    rows_by_patient,
    train_privately,
)
from glsmed.client.training.differential_privacy.secret_random import SecretRandom
from glsmed.client.training.round_training import RoundTraining
from glsmed.shared.errors import PrivacyError
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import AugmentationSection, LabelSection, PrivacySection, Study, TrainingSection
from tests.client.training.differential_privacy.small_network import unlimited

CPU = torch.device("cpu")
STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)
CLIP = 0.05


def settings(noise: float = 1e-9, images: str = "one", clip: float = CLIP, **changes: object) -> TrainingSection:
    privacy = PrivacySection.model_validate(
        {"noise_multiplier": noise, "clip_norm_l2": clip, "patient_images": images}
    ).model_copy(update={"max_epsilon": math.inf})
    plain = TrainingSection(
        steps_per_round=1,
        batch_size=8,
        optimizer="sgd",
        learning_rate=1.0,
        momentum=0,
        weight_decay=0,
        site_offset=False,
        augmentation=STILL,
        privacy=privacy,
    )
    return plain.model_copy(update=changes)


def examples(n: int = 8, patients: tuple[str, ...] | None = None) -> Examples:
    generator = torch.Generator().manual_seed(0)
    return Examples(
        images=torch.randint(0, 256, (n, 1, 32, 32), generator=generator).byte(),
        targets=torch.rand(n, 2, generator=generator),
        weights=(torch.rand(n, 2, generator=generator) > 0.2).float().index_fill_(0, torch.tensor([0]), 1),
        gold=torch.full((n, 2), math.nan),
        patients=patients or tuple(f"p{number}" for number in range(n)),
        findings=("effusion", "nodule"),
    )


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 15 * 15, 2)
    )


def _clipped(model: nn.Module, data: Examples, rows: Sequence[int], clip: float = CLIP) -> list[torch.Tensor]:
    """The clipped gradient of the mean loss over these images, by plain autograd."""
    cells = []
    for row in rows:
        logits = model(to_pixels(data.images[row : row + 1]))[0]
        loss = F.binary_cross_entropy_with_logits(logits, data.targets[row], reduction="none")
        cells.append(loss * data.weights[row] / 2)
    gradient = torch.autograd.grad(torch.stack(cells).sum() / len(rows), list(model.parameters()))
    norm = float(torch.stack([part.norm() for part in gradient]).norm())
    return [part * min(1.0, clip / (norm + 1e-6)) for part in gradient]


def _moves_by(model: nn.Module, reference: nn.Module, gradients: Sequence[list[torch.Tensor]]) -> bool:
    """Whether the model is the reference after a step of size 1 along the mean gradient."""
    means = [torch.stack(parts).mean(0) for parts in zip(*gradients, strict=True)]
    pairs = zip(reference.parameters(), model.parameters(), means, strict=True)
    return all(torch.allclose(old - new, mean, atol=1e-5) for old, new, mean in pairs)


def test_a_step_is_the_mean_of_clipped_gradients_of_the_patients(tmp_path: Path) -> None:
    data, model = examples(), small()
    train_privately(model, data, settings(), unlimited(tmp_path / "p"), round_number=1, device=CPU)
    usable = (data.weights.sum(1) > 0).nonzero().squeeze(1).tolist()
    assert _moves_by(model, small(), [_clipped(small(), data, [row]) for row in usable])


@pytest.mark.parametrize("micro_batch_size", [16, 3])
@pytest.mark.parametrize("clip", [CLIP, 100.0])
def test_with_all_images_a_patients_mean_gradient_is_clipped_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, micro_batch_size: int, clip: float
) -> None:
    """Of a patient with five images, of which one has no label and not all may fit at once, and of four others."""
    monkeypatch.setattr(patient_steps, "IMAGES_AT_ONCE", micro_batch_size)
    owners = ("a", "b", "a", "a", "c", "d", "a", "e", "a", "e")
    data, model = examples(10, owners), small()
    data.weights[:] = data.weights + 0.3
    data.weights[2] = 0
    ledger = unlimited(tmp_path / "p")
    summary = train_privately(model, data, settings(images="all", clip=clip), ledger, round_number=1, device=CPU)
    of_patients = [[row for row in range(10) if owners[row] == name and row != 2] for name in "abcde"]
    assert [len(rows) for rows in of_patients] == [4, 1, 1, 1, 2]
    assert _moves_by(model, small(), [_clipped(small(), data, rows, clip) for rows in of_patients])
    assert summary.images == 9


def test_all_images_of_one_are_the_same_step_as_one_image(tmp_path: Path) -> None:
    models = [build_model("resnet10", n_findings=2, seed=0) for _ in range(2)]
    for model, images in zip(models, ("one", "all"), strict=True):
        ledger = unlimited(tmp_path / images)
        train_privately(model, examples(), settings(images=images), ledger, round_number=1, device=CPU)
    pairs = zip(models[0].parameters(), models[1].parameters(), strict=True)
    assert all(torch.allclose(first, second, atol=1e-5) for first, second in pairs)


def test_the_account_is_the_same_whatever_a_patient_gives(tmp_path: Path) -> None:
    data = replace(examples(8, tuple("aabbccdd")), weights=torch.ones(8, 2))
    spent = []
    for images in ("one", "all"):
        path = tmp_path / images
        changed = settings(1.0, images=images, batch_size=2, steps_per_round=3)
        train_privately(small(), data, changed, unlimited(path), round_number=1, device=CPU)
        spent.append(json.loads(path.read_text())["studies"]["s"])
    assert spent[0] == spent[1] == [{"noise_multiplier": 1.0, "sampling_rate": 0.5, "steps": 3}]


@pytest.mark.parametrize(
    ("images", "groups"),
    [([], []), ([1, 2, 1], [[1, 2, 1]]), ([3, 2, 4], [[3], [2], [4]]), ([1, 9, 1, 3], [[1], [9], [1, 3]])],
)
def test_groups_hold_whole_patients(images: list[int], groups: list[list[int]]) -> None:
    assert list(whole_patients(images, 4)) == groups


@pytest.mark.parametrize("images", ["one", "all"])
def test_noise_is_as_large_as_the_study_says_and_never_twice_the_same(tmp_path: Path, images: str) -> None:
    """With nothing to learn from but noise: its deviation is noise multiplier times norm, over the batch."""
    data = replace(examples(), weights=torch.full((8, 2), 1e-12))
    moved = []
    for number in range(2):
        model = small()
        ledger = unlimited(tmp_path / str(number))
        train_privately(model, data, settings(2.0, images), ledger, round_number=1, device=CPU)
        pairs = zip(small().parameters(), model.parameters(), strict=True)
        moved.append(torch.cat([(old - new).flatten() for old, new in pairs]).detach())
    assert float(moved[0].std()) == pytest.approx(2.0 * CLIP / 8, rel=0.1)
    assert float((moved[0] * moved[1]).mean() / moved[0].var()) == pytest.approx(0, abs=0.1)


def _draws(images: str) -> list[list[torch.Tensor]]:
    patients = [torch.tensor([0, 1, 2, 3, 4]), torch.tensor([5]), torch.tensor([6, 7])]
    changed = settings(images=images, steps_per_round=4000)
    return list(drawn_patients(patients, 0.5, changed, SecretRandom()))


def _shares(draws: Sequence[Sequence[torch.Tensor]]) -> list[float]:
    """How often each row is drawn, by step."""
    rows = torch.cat([rows for drawn in draws for rows in drawn])
    return [float(count) / len(draws) for count in rows.bincount(minlength=8)]


def test_a_patient_with_many_images_is_drawn_once() -> None:
    draws = _draws("one")
    owners = [0, 0, 0, 0, 0, 1, 2, 2]
    for drawn in draws:
        patients = [owners[row] for rows in drawn for row in rows.tolist()]
        assert len(patients) == len(set(patients)) == len(drawn)
    assert _shares(draws) == pytest.approx([0.1] * 5 + [0.5] + [0.25] * 2, abs=0.03)


def test_a_drawn_patient_gives_all_images_where_the_study_says_so() -> None:
    draws = _draws("all")
    assert {tuple(rows.tolist()) for drawn in draws for rows in drawn} == {(0, 1, 2, 3, 4), (5,), (6, 7)}
    assert _shares(draws) == pytest.approx([0.5] * 8, abs=0.03)


def test_rows_go_by_patient_and_leave_unusable_images_out() -> None:
    data = examples(4, patients=("a", "b", "a", "a"))
    rows = rows_by_patient(data, torch.tensor([0, 1, 3]))
    assert [part.tolist() for part in rows] == [[0, 3], [1]]


@pytest.mark.parametrize("images", ["one", "all"])
def test_a_step_that_draws_nobody_is_noise_alone(tmp_path: Path, images: str) -> None:
    changed = settings(images=images, batch_size=1, steps_per_round=6)
    model, data = small(), examples(200)
    summary = train_privately(model, data, changed, unlimited(tmp_path / "p"), round_number=1, device=CPU)
    assert summary.steps == 6
    assert all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters())


@pytest.mark.parametrize("images", ["one", "all"])
def test_the_model_keeps_no_hook(tmp_path: Path, images: str) -> None:
    model, ledger = small(), unlimited(tmp_path / "p")
    train_privately(model, examples(), settings(images=images), ledger, round_number=1, device=CPU)
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
    assert not any(hasattr(parameter, "grad_sample") for parameter in model.parameters())
    model(torch.zeros(1, 1, 32, 32)).sum().backward()


def test_the_studys_networks_train_privately(tmp_path: Path) -> None:
    model = build_model("resnet10", n_findings=2, seed=0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train_privately(model, examples(), settings(1.0), unlimited(tmp_path / "p"), round_number=1, device=CPU)
    assert list(model.state_dict()) == list(before)
    assert all(not torch.equal(value, before[name]) for name, value in model.state_dict().items())


def _study(noise: float, max_epsilon: float = 8.0) -> Study:
    privacy = PrivacySection(noise_multiplier=noise, max_epsilon=max_epsilon)
    training = settings().model_copy(update={"privacy": privacy})
    return Study(study="s", findings=("effusion", "nodule"), training=training)


def _training(study: Study, folder: Path) -> RoundTraining:
    state = StateFolder(folder)
    ledger = PrivacyLedger(PatientAccountFile(state.privacy_account), study.digest())
    return RoundTraining(study, devices=[CPU], state=state, ledger=ledger)


def test_no_private_step_is_taken_without_a_ledger(tmp_path: Path) -> None:
    training = RoundTraining(_study(30.0), devices=[CPU], state=StateFolder(tmp_path))
    with pytest.raises(TypeError, match="ledger"):
        training.train(small(), examples(), round_number=1)


def test_a_round_is_private_where_the_study_says_so(tmp_path: Path) -> None:
    for noise, kept in ((0.0, False), (30.0, True)):
        training = _training(_study(noise), tmp_path)
        training.train(small(), examples(), round_number=1)
        assert (tmp_path / "accounts" / "privacy.json").exists() is kept
    account = json.loads((tmp_path / "accounts" / "privacy.json").read_text())
    assert [[one["steps"] for one in of_study] for of_study in account["studies"].values()] == [[1]]


def test_no_step_is_taken_that_is_not_paid_for(tmp_path: Path) -> None:
    model, training = small(), _training(_study(0.5, 0.1), tmp_path)
    with pytest.raises(PrivacyError, match="epsilon"):
        training.train(model, examples(), round_number=1)
    assert all(torch.equal(old, new) for old, new in zip(small().parameters(), model.parameters(), strict=True))


def test_what_privacy_does_not_cover_is_refused_beside_it() -> None:
    with pytest.raises(ValueError, match="negative_rates"):
        Study(
            study="s",
            findings=("effusion",),
            labels=LabelSection(negative_rates="gated"),
            training=TrainingSection(site_offset=False, privacy=PrivacySection(noise_multiplier=1.0)),
        )
