"""A centre sends a last layer of zeros: a site's update is then a sum over its images, of target and features.

Whoever knows order and augmentation solves it for every target. They follow from a secret of the site, and what is left
then is said in docs/security.md: without augmentation a sum over few images can be solved all the same.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import augmented_pixels
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.study import TrainingSection

CPU = torch.device("cpu")
IMAGES, FINDINGS, BATCH = 64, ("effusion", "mass", "nodule"), 8
RATE = 1e-3
SETTINGS = TrainingSection(
    optimizer="sgd",
    momentum=0,
    weight_decay=0,
    learning_rate=RATE,
    batch_size=BATCH,
    steps_per_round=IMAGES // BATCH,
    seed=11,
)
SECRET = b"only the site knows these bytes."
Table = NDArray[np.float64]


def examples() -> Examples:
    """One in four labels is positive."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(IMAGES, 1, 8, 8, generator=generator)
    labels = (torch.rand(IMAGES, len(FINDINGS), generator=generator) < 0.25).float()
    return Examples(
        images=(F.interpolate(coarse, size=32, mode="bilinear") * 255).byte(),
        targets=labels * 0.9 + 0.05,
        weights=torch.ones(IMAGES, len(FINDINGS)),
        gold=torch.full((IMAGES, len(FINDINGS)), torch.nan),
        patients=tuple(str(number) for number in range(IMAGES)),
        findings=FINDINGS,
    )


def update_of_the_last_layer(key: bytes | None) -> Table:
    """What the site sends back: ``(K, F)``."""
    model = build_model("resnet10_x0_25", n_findings=len(FINDINGS), seed=0)
    last = model.get_submodule("fc")
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.zero_()
    train(model, examples(), SETTINGS, round_number=1, device=CPU, key=key)
    return np.asarray(last.get_parameter("weight").detach().double().numpy(), dtype=np.float64)


def attackers_reading(update: Table) -> Table:
    """``(N, K)`` targets, of images that the attacker knows, trained on in the order that the study's seed gives."""
    images, features = examples(), []
    places = (torch.arange(IMAGES)[:, None] / IMAGES).expand(IMAGES, len(FINDINGS)).contiguous()
    model = build_model("resnet10_x0_25", n_findings=len(FINDINGS), seed=0).eval()
    model.get_submodule("fc").register_forward_pre_hook(lambda _layer, inputs: features.append(inputs[0].detach()))
    order: list[int] = []
    with torch.no_grad():
        for batch in RoundPlan.of(replace(images, targets=places), SETTINGS, round_number=1).batches():
            order += (batch.targets[:, 0] * IMAGES).round().long().tolist()
            model(augmented_pixels(batch, CPU))
    scale = BATCH * len(FINDINGS) / RATE
    solved = np.linalg.lstsq(torch.cat(features).double().numpy().T, update.T * scale, rcond=1e-9)[0]
    targets: Table = np.empty_like(solved)
    targets[order] = solved + 0.5
    return targets


def share_read(key: bytes | None) -> float:
    """Of the labels, those that the attacker gets right."""
    labels = (examples().targets > 0.5).numpy()
    return float(((attackers_reading(update_of_the_last_layer(key)) > 0.5) == labels).mean())


def test_order_and_augmentation_of_the_sites_own_leave_nothing_to_solve() -> None:
    absent = float((examples().targets < 0.5).double().mean())
    assert share_read(SECRET) < absent + 0.05


def test_control_whoever_knows_the_seed_reads_every_target() -> None:
    read = attackers_reading(update_of_the_last_layer(None))
    assert share_read(None) == 1
    assert np.median(np.abs(read - examples().targets.numpy())) == pytest.approx(0, abs=0.01)
