"""Training at one site: a number of gradient steps with the GLS loss, without waiting for the device in any of them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from glsmed.client.augmentation import augment, draw_affine, draw_contrast, is_active
from glsmed.client.examples import Examples
from glsmed.shared.errors import DataError, GlsmedError
from glsmed.shared.negative_rates import LogitMonitor, NegativeRateGuard
from glsmed.shared.smoothing import check_targets, generalized_label_smoothing_loss
from glsmed.shared.study import TrainingSection

PIXEL_MEAN, PIXEL_SCALE = 0.5, 0.25  # uint8 / 255 is brought to about mean 0 and deviation 1
BLACK = -PIXEL_MEAN / PIXEL_SCALE
_SEED_STRIDE = 1_000_003

OnStep = Callable[[int], None]


class TrainingDivergedError(GlsmedError):
    """The loss stopped being a finite number."""


class DeviceMemoryError(GlsmedError):
    """The device has not enough memory for the study's batch size."""


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
        DeviceMemoryError: with a batch size that would fit.
    """
    guard = NegativeRateGuard()
    check_targets(examples.labels, examples.rates, examples.weights, lowest_rate=-guard.cap)
    examples = replace(examples, rates=guard.rates(examples.rates, round_number=round_number))
    usable = (examples.weights.sum(1) > 0).nonzero().squeeze(1)
    if len(usable) == 0:
        raise DataError("no image of the training split has a labelled finding: look at `glsmed-client check`")
    started = time.perf_counter()
    generator = torch.Generator().manual_seed(settings.seed * _SEED_STRIDE + round_number)
    model.to(device).to(memory_format=torch.channels_last).train()
    limit = guard.limit(examples.rates)
    monitor = None if limit is None else LogitMonitor(examples.findings, guard, device=device)
    loss_of = _Loss(limit, monitor)
    step = partial(
        _step, model, _optimizer(model, settings), loss_of, device=device, autocast=_autocast(settings, device)
    )
    total = torch.zeros((), device=device)
    try:
        for number, batch in enumerate(_batches(usable, settings, generator)):
            total += step(_load(examples, batch, settings, generator))
            if on_step is not None:
                on_step(number)
        loss = float(total) / settings.steps_per_round
    except torch.OutOfMemoryError:
        raise DeviceMemoryError(_memory_advice(settings.batch_size)) from None
    if not loss - loss == 0:
        raise TrainingDivergedError(
            f"the loss became {loss} in round {round_number}: lower learning_rate in study.yaml"
        )
    if monitor is not None:
        monitor.check()
    return TrainingSummary(
        loss=loss,
        steps=settings.steps_per_round,
        images=settings.steps_per_round * min(settings.batch_size, len(usable)),
        cells=int((examples.weights > 0).sum()),
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    images: Tensor
    labels: Tensor
    rates: Tensor
    weights: Tensor
    offsets: Tensor | None
    affine: Tensor | None
    contrast: Tensor | None


def _batches(usable: Tensor, settings: TrainingSection, generator: torch.Generator) -> Iterator[Tensor]:
    """``steps_per_round`` index batches from freshly shuffled passes; a pass smaller than a batch is one batch."""
    size = min(settings.batch_size, len(usable))
    order, position = usable[:0], 0
    for _ in range(settings.steps_per_round):
        if position + size > len(order):
            order, position = usable[torch.randperm(len(usable), generator=generator)], 0
        yield order[position : position + size]
        position += size


def _load(examples: Examples, batch: Tensor, settings: TrainingSection, generator: torch.Generator) -> _Batch:
    active = is_active(settings.augmentation)
    return _Batch(
        images=examples.images[batch],
        labels=examples.labels[batch],
        rates=examples.rates[batch],
        weights=examples.weights[batch],
        offsets=None if examples.offsets is None else examples.offsets[batch],
        affine=draw_affine(len(batch), settings.augmentation, generator) if active else None,
        contrast=draw_contrast(len(batch), settings.augmentation, generator) if active else None,
    )


@dataclass(frozen=True, slots=True)
class _Loss:
    """The GLS loss of a batch; with a limit and a monitor where rates are negative."""

    limit: float | None
    monitor: LogitMonitor | None

    def __call__(self, logits: Tensor, batch: _Batch, device: torch.device) -> Tensor:
        rates, weights = batch.rates.to(device), batch.weights.to(device)
        if batch.offsets is not None:
            logits = logits + batch.offsets.to(device)
        if self.monitor is not None:
            self.monitor.see(logits, rates, weights)
        return generalized_label_smoothing_loss(logits, batch.labels.to(device), rates, weights, logit_limit=self.limit)


def _step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_of: _Loss,
    batch: _Batch,
    *,
    device: torch.device,
    autocast: bool,
) -> Tensor:
    """One gradient step; returns the loss, still on the device."""
    images = to_pixels(batch.images.to(device, non_blocking=True))
    if batch.affine is not None and batch.contrast is not None:
        images = augment(images, batch.affine.to(device), batch.contrast.to(device), outside=BLACK)
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = model(images.contiguous(memory_format=torch.channels_last))
    loss = loss_of(logits, batch, device)
    loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
    optimizer.step()
    return loss.detach()


def to_pixels(images: Tensor) -> Tensor:
    """uint8 ``(N, 1, S, S)`` as float32 with about mean 0 and deviation 1."""
    return images.float().mul_(1 / 255).sub_(PIXEL_MEAN).div_(PIXEL_SCALE)


def _optimizer(model: nn.Module, settings: TrainingSection) -> torch.optim.Optimizer:
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            model.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=True,
        )
    return torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )


def _autocast(settings: TrainingSection, device: torch.device) -> bool:
    return settings.mixed_precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()


def _memory_advice(batch_size: int) -> str:
    smaller = max(1, batch_size // 2)
    return (
        f"the device ran out of memory with batch_size {batch_size}; {smaller} would need about half: "
        "ask the centre for a study with a smaller batch_size or image_size_px, or free the device"
    )


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
