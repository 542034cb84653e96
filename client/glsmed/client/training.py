"""Training at one site: a number of gradient steps with the GLS loss, without waiting for the device in any of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from glsmed.client.batches import load_batch, shuffled_passes
from glsmed.client.examples import Examples
from glsmed.client.steps import Stepper, make_optimizer, to_pixels, uses_autocast
from glsmed.shared.errors import DataError, GlsmedError
from glsmed.shared.negative_rates import LogitMonitor, NegativeRateGuard
from glsmed.shared.smoothing import check_targets
from glsmed.shared.study import TrainingSection

_SEED_STRIDE = 1_000_003

OnStep = Callable[[int], None]


class TrainingDivergedError(GlsmedError):
    """The loss stopped being a finite number."""


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What a stretch of training did; ``loss`` is the mean over its steps, ``cells`` the labelled cells trained on."""

    loss: float
    steps: int
    images: int
    cells: int
    seconds: float


def train(
    model: nn.Module,
    examples: Examples,
    settings: TrainingSection,
    *,
    round_number: int,
    device: torch.device,
    on_step: OnStep | None = None,
) -> TrainingSummary:
    """Train ``model`` in place for ``settings.steps_per_round`` steps on the examples that have a labelled cell.

    Batches, augmentation and so the result on a CPU follow from ``settings.seed`` and ``round_number`` alone. Negative
    rates, which only the gold gate makes, are used under their guard.

    Raises:
        DataError: no image has a labelled cell.
        NegativeRatesError: negative rates drive the logits away; the model is then of no use.
        TrainingDivergedError: the loss is not finite; the model is then of no use.
        DeviceMemoryError: not even one image fits on the device.
    """
    started = time.perf_counter()
    usable = usable_rows(examples)
    stepper, examples = _ready(model, examples, settings, round_number, device)
    generator = torch.Generator().manual_seed(settings.seed * _SEED_STRIDE + round_number)
    total = torch.zeros((), device=device)
    for number, rows in enumerate(shuffled_passes(usable, settings, generator)):
        total += stepper.step(load_batch(examples, rows, settings, generator))
        if on_step is not None:
            on_step(number)
    loss = finite_loss(float(total) / settings.steps_per_round, round_number)
    if stepper.monitor is not None:
        stepper.monitor.check()
    return TrainingSummary(
        loss=loss,
        steps=settings.steps_per_round,
        images=settings.steps_per_round * min(settings.batch_size, len(usable)),
        cells=int((examples.weights > 0).sum()),
        seconds=time.perf_counter() - started,
    )


def _ready(
    model: nn.Module, examples: Examples, settings: TrainingSection, round_number: int, device: torch.device
) -> tuple[Stepper, Examples]:
    """What takes the steps, and the examples with the rates that this round may use."""
    guard = NegativeRateGuard()
    check_targets(examples.labels, examples.rates, examples.weights, lowest_rate=-guard.cap)
    allowed = replace(examples, rates=guard.rates(examples.rates, round_number=round_number))
    limit = guard.limit(allowed.rates)
    model.to(device).to(memory_format=torch.channels_last).train()
    stepper = Stepper(
        model=model,
        optimizer=make_optimizer(model, settings),
        device=device,
        autocast=uses_autocast(settings, device),
        logit_limit=limit,
        monitor=None if limit is None else LogitMonitor(examples.findings, guard, device=device),
        at_once=settings.batch_size,
    )
    return stepper, allowed


def usable_rows(examples: Examples) -> Tensor:
    """The rows that have a labelled cell.

    Raises:
        DataError: there is none.
    """
    usable = (examples.weights.sum(1) > 0).nonzero().squeeze(1)
    if len(usable) == 0:
        raise DataError("no image of the training split has a labelled finding: look at `glsmed-client check`")
    return usable


def finite_loss(loss: float, round_number: int) -> float:
    """The loss itself.

    Raises:
        TrainingDivergedError: it is infinite or no number.
    """
    if not loss - loss == 0:
        raise TrainingDivergedError(
            f"the loss became {loss} in round {round_number}: lower learning_rate in study.yaml"
        )
    return loss


@torch.no_grad()
def predict_logits(model: nn.Module, examples: Examples, *, device: torch.device, batch_size: int = 64) -> Tensor:
    """Logits ``(N, K)`` on the CPU, the offset of each image's site included."""
    model.to(device).to(memory_format=torch.channels_last).eval()
    parts = [
        model(to_pixels(part.to(device)).contiguous(memory_format=torch.channels_last)).float().cpu()
        for part in torch.split(examples.images, batch_size)
    ]
    logits = torch.cat(parts)
    return logits if examples.offsets is None else logits + examples.offsets
