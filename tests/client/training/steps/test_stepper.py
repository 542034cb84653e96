import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from glsmed.client.learning.negative_rates import LogitMonitor, NegativeRateGuard
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import (
    DeviceMemoryError,
    Stepper,
    augmented_pixels,
    half_of,
    make_optimizer,
    uses_autocast,
)
from glsmed.shared.pixels import BLACK, to_pixels
from glsmed.shared.protocol.study import TrainingSection

CPU = torch.device("cpu")
SGD = TrainingSection(optimizer="sgd", learning_rate=0.1, momentum=0.0, weight_decay=0.0)


def batch(n: int = 6, *, beyond: bool = False) -> Batch:
    generator = torch.Generator().manual_seed(0)
    targets = torch.rand(n, 2, generator=generator)
    if beyond:
        targets[0] = 1.25
    return Batch(
        images=torch.randint(0, 256, (n, 1, 4, 4), generator=generator).byte(),
        targets=targets,
        weights=torch.rand(n, 2, generator=generator),
    )


def linear() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))


def stepper(model: nn.Module, *, micro_batch_size: int = 6, monitor: LogitMonitor | None = None) -> Stepper:
    return Stepper(
        network=model,
        optimizer=make_optimizer(model, SGD, round_number=1),
        device=CPU,
        autocast=False,
        logit_limit=None if monitor is None else 6.0,
        monitor=monitor,
        micro_batch_size=micro_batch_size,
    )


def gradients(model: nn.Module) -> torch.Tensor:
    found = [parameter.grad for parameter in model.parameters()]
    assert all(gradient is not None for gradient in found)
    return torch.cat([gradient.flatten() for gradient in found if gradient is not None])


def test_the_loss_is_binary_cross_entropy_over_the_sum_of_weights() -> None:
    model, drawn = linear(), batch()
    loss = stepper(model).step(drawn)
    cells = F.binary_cross_entropy_with_logits(linear()(to_pixels(drawn.images)), drawn.targets, reduction="none")
    assert float(loss) == pytest.approx(float((cells * drawn.weights).sum().detach() / drawn.weights.sum()), rel=1e-5)


def test_a_step_of_images_of_1024_pixels_is_the_same_in_parts() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (2, 1, 1024, 1024), generator=generator).byte()
    drawn, found = Batch(images, torch.rand(2, 2, generator=generator), torch.ones(2, 2)), []
    for at_once in (2, 1):
        torch.manual_seed(0)
        body = (nn.Conv2d(1, 4, 7, stride=4), nn.GroupNorm(2, 4), nn.ReLU(), nn.Conv2d(4, 8, 3, stride=4))
        model = nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
        loss = stepper(model, micro_batch_size=at_once).gradients(drawn, drawn.total_weight())
        found.append((float(loss), gradients(model)))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert float((found[0][1] - found[1][1]).norm() / found[0][1].norm()) < 1e-4


def test_a_batch_without_any_weight_has_loss_0_and_moves_nothing() -> None:
    model, drawn = linear(), batch()
    drawn.weights.zero_()
    assert float(stepper(model).step(drawn)) == 0
    assert all(torch.equal(old, new) for old, new in zip(linear().parameters(), model.parameters(), strict=True))


@pytest.mark.parametrize("size", [1, 4, 5])
def test_parts_of_a_batch_add_up_to_its_gradient(size: int) -> None:
    whole, parts, drawn = linear(), linear(), batch()
    loss = stepper(whole).gradients(drawn, drawn.total_weight())
    assert torch.allclose(stepper(parts, micro_batch_size=size).gradients(drawn, drawn.total_weight()), loss)
    assert torch.allclose(gradients(parts), gradients(whole), atol=1e-6)


def test_devices_wait_for_each_other_only_in_the_last_part() -> None:
    entered: list[int] = []

    @contextmanager
    def no_sync() -> Iterator[None]:
        entered.append(1)
        yield

    each = stepper(linear(), micro_batch_size=2)
    each.no_sync = no_sync
    each.step(batch())
    assert len(entered) == 2


def test_the_monitor_sees_the_cells_with_a_negative_rate() -> None:
    monitor = LogitMonitor(("effusion", "nodule"), NegativeRateGuard(), device=CPU)
    model, drawn = linear(), batch(beyond=True)
    stepper(model, monitor=monitor).gradients(drawn, drawn.total_weight())
    assert monitor.sums[1].tolist() == [1, 1]
    expected = model(to_pixels(drawn.images))[0].abs()
    assert torch.allclose(monitor.mean_sizes(), expected)


def test_an_augmentation_that_changes_nothing_gives_the_pixels_themselves() -> None:
    drawn = batch()
    identity = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).expand(6, 2, 3)
    still = Batch(drawn.images, drawn.targets, drawn.weights, affine=identity, contrast=torch.tensor([[1.0, 0.0]] * 6))
    assert torch.allclose(augmented_pixels(still, CPU), to_pixels(drawn.images), atol=1e-5)


def test_pixels_are_about_standard_and_black_is_black() -> None:
    assert to_pixels(torch.zeros(1, 1, 1, 1, dtype=torch.uint8)).item() == pytest.approx(BLACK)
    assert to_pixels(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8)).item() == pytest.approx(2.0)


def test_half_rounds_up_until_a_single_image_does_not_fit() -> None:
    assert [half_of(7), half_of(2)] == [4, 1]
    with pytest.raises(DeviceMemoryError, match="image_size_px"):
        half_of(1)


def test_the_optimizer_is_the_studys() -> None:
    adamw = make_optimizer(
        linear(), TrainingSection(optimizer="adamw", learning_rate=0.02, weight_decay=0.3), round_number=1
    )
    assert isinstance(adamw, torch.optim.AdamW)
    assert (adamw.defaults["lr"], adamw.defaults["weight_decay"]) == (0.02, 0.3)
    sgd = make_optimizer(linear(), SGD.model_copy(update={"momentum": 0.7}), round_number=1)
    assert isinstance(sgd, torch.optim.SGD)
    assert sgd.defaults["momentum"] == 0.7


def test_a_cpu_computes_in_full_precision() -> None:
    assert not uses_autocast(TrainingSection(), CPU)


def test_a_nan_is_not_hidden() -> None:
    model = linear()
    with torch.no_grad():
        next(model.parameters()).fill_(math.nan)
    assert math.isnan(float(stepper(model).step(batch())))
