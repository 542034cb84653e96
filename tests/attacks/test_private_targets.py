"""A centre sends a last layer of zeros to a private study, and knows every image: what it reads of the targets.

The worst case for the site: no augmentation, and all of epsilon 8 spent in one round. The attacker chooses among
several ways to solve the sum, after it has seen which is best. The control is the same with next to no noise.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.batches import load_batch
from glsmed.client.training.steps.stepper import augmented_pixels
from glsmed.shared.networks.building import build_model
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import AugmentationSection, TrainingSection
from tests.attacks.test_targets import CPU, FINDINGS, IMAGES, RATE, Table, examples

STEPS, BATCH, DELTA, EPSILON = 64, 16, 1e-3, 8
NETWORK = "resnet10_x0_25"
REPEATS = 12


class _NoAccount:
    """What a round costs is fixed here."""

    def pay(self, *_: object) -> None:
        """Nothing to pay."""


def noise_of(wanted: float) -> float:
    """The least noise with which one round keeps to an epsilon."""
    low, high = 0.05, 20.0
    for _ in range(20):
        middle = float(np.sqrt(low * high))
        is_more = epsilon([PrivateSteps(middle, BATCH / IMAGES, STEPS)], delta=DELTA) > wanted
        low, high = (middle, high) if is_more else (low, middle)
    return high


def settings(noise: float) -> TrainingSection:
    return TrainingSection.model_validate(
        {
            "optimizer": "sgd",
            "momentum": 0,
            "weight_decay": 0,
            "learning_rate": RATE,
            "batch_size": BATCH,
            "steps_per_round": STEPS,
            "site_offset": False,
            "augmentation": dict.fromkeys(AugmentationSection.model_fields, 0),
            "privacy": {"noise_multiplier": noise, "clip_norm_l2": 1.0, "delta": DELTA, "max_epsilon": EPSILON},
        }
    )


def features(training: TrainingSection) -> Table:
    """``(N, F + 1)`` what the last layer sees of each image, and a one for its bias."""
    seen: list[torch.Tensor] = []
    model = build_model(NETWORK, n_findings=len(FINDINGS), seed=0).eval()
    model.get_submodule("fc").register_forward_pre_hook(lambda _layer, inputs: seen.append(inputs[0].detach()))
    batch = load_batch(examples(), torch.arange(IMAGES), training, torch.Generator().manual_seed(0))
    with torch.no_grad():
        model(augmented_pixels(batch, CPU))
    return np.concatenate([torch.cat(seen).double().numpy(), np.ones((IMAGES, 1))], axis=1)


def update_of_the_last_layer(training: TrainingSection) -> Table:
    """``(K, F + 1)`` what a private round makes of a last layer of zeros, and of its bias."""
    model = build_model(NETWORK, n_findings=len(FINDINGS), seed=0)
    last = model.get_submodule("fc")
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.zero_()
    train_privately(model, examples(), training, _NoAccount(), round_number=1, device=CPU)  # type: ignore[arg-type]
    weight, bias = (last.get_parameter(name).detach().double() for name in ("weight", "bias"))
    return np.asarray(torch.cat([weight, bias[:, None]], dim=1).numpy(), dtype=np.float64)


def readings(update: Table, known: Table) -> Iterator[Table]:
    """``(N, K)`` scores of the targets, by ridge regression of several strengths."""
    gram = known @ known.T
    for strength in (1e-9, 1e-3, 1e-2, 1e-1, 1.0):
        yield np.linalg.solve(gram + strength * np.trace(gram) / IMAGES * np.eye(IMAGES), known @ update.T)


def share_read(noise: float) -> float:
    """Of the labels, those that the best reading gets right, by their signs or by how many are positive."""
    labels, training = (examples().targets > 0.5).numpy(), settings(noise)
    known, best = features(training), 0.0
    for scores in readings(update_of_the_last_layer(training), known):
        least = np.take_along_axis(np.sort(scores, axis=0), IMAGES - labels.sum(0, keepdims=True), axis=0)
        best = max(best, *(float((guess == labels).mean()) for guess in (scores > 0, scores >= least)))
    return best


def test_of_a_private_round_hardly_a_target_is_read() -> None:
    absent = float((examples().targets < 0.5).double().mean())
    noise = noise_of(EPSILON)
    assert np.mean([share_read(noise) for _ in range(REPEATS)]) < absent + 0.05


def test_control_without_noise_the_same_reads_every_target() -> None:
    assert share_read(1e-6) == pytest.approx(1)
