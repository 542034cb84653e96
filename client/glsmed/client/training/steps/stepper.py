"""One gradient step: images on the device, the GLS loss, and smaller parts where memory is short."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.client.learning.negative_rates import LogitMonitor
from glsmed.client.training.steps.augmentation import augment
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.fine_tuning import parameter_groups, round_learning_rate
from glsmed.client.training.steps.gradient_correction import GradientCorrection
from glsmed.client.training.steps.memory_format import in_fastest_format
from glsmed.shared.errors import GlsmedError
from glsmed.shared.pixels import BLACK, to_pixels
from glsmed.shared.protocol.study import TrainingSection
from glsmed.shared.smoothing import soft_target_loss

Network = Callable[[Tensor], Tensor]


class DeviceMemoryError(GlsmedError):
    """The device has not enough memory for a single image of the study's size."""

    may_be_logged = "all"

    def __init__(self) -> None:
        super().__init__(
            "the device ran out of memory with a single image: free it (nvidia-smi shows who uses it), or ask the "
            "centre for a study with a smaller image_size_px"
        )


@dataclass(slots=True)
class Stepper:
    """Takes gradient steps, and remembers how many images the device can hold at once.

    Attributes:
        network: computes logits from images: the model, or what stands for it.
        logit_limit: guard of negative rates, None where there are none; ``monitor`` watches them.
        micro_batch_size: images on the device at a time; a batch with more is taken in parts whose gradients add up to
            the gradient of the whole, since the networks have no layer that looks across images.
        correction: of each step's gradient, None where there is none.
        no_sync: entered around every part but the last, so that several devices add up their gradients only once.
    """

    network: Network
    optimizer: torch.optim.Optimizer
    device: torch.device
    autocast: bool
    logit_limit: float | None
    monitor: LogitMonitor | None
    micro_batch_size: int
    correction: GradientCorrection | None = None
    no_sync: Callable[[], AbstractContextManager[object]] = nullcontext

    def step(self, batch: Batch) -> Tensor:
        """One gradient step; returns the loss, still on the device.

        Raises:
            DeviceMemoryError: not even one image fits.
        """
        while True:
            try:
                return self.attempt(batch, batch.total_weight())
            except torch.OutOfMemoryError:
                self._halve_micro_batch(len(batch))

    def attempt(self, batch: Batch, total_weight: Tensor) -> Tensor:
        """One gradient step of the loss summed over the batch and divided by ``total_weight``; returns that loss.

        Raises:
            OutOfMemoryError: memory is short; the weights are as they were.
        """
        loss = self.gradients(batch, total_weight)
        if self.correction is not None:
            self.correction.apply()
        self.optimizer.step()
        return loss

    def gradients(self, batch: Batch, total_weight: Tensor) -> Tensor:
        """Compute the gradients of such a step without taking it; returns the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        total, loss = self._moved(total_weight), torch.zeros((), device=self.device)
        *first, last = batch.split(self.micro_batch_size)
        for part in first:
            with self.no_sync():
                loss += self._backward(part, total)
        loss += self._backward(last, total)
        return loss

    def _backward(self, batch: Batch, total: Tensor) -> Tensor:
        share = self._summed_loss(batch) / total
        share.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        return share.detach()

    def _summed_loss(self, batch: Batch) -> Tensor:
        targets, weights = self._moved(batch.targets), self._moved(batch.weights)
        logits = forward(self.network, batch, device=self.device, autocast=self.autocast)
        if self.monitor is not None:
            self.monitor.see(logits, targets, weights)
        if batch.image_shares is not None:
            offsets = None if batch.offsets is None else self._moved(batch.offsets)
            targets = image_informed_targets(logits, targets, offsets, self._moved(batch.image_shares))
        return soft_target_loss(logits, targets, weights, reduction="sum", logit_limit=self.logit_limit)

    def _moved(self, tensor: Tensor) -> Tensor:
        return moved(tensor, self.device)

    def _halve_micro_batch(self, batch_size: int) -> None:
        """Halve what is on the device at a time; the next attempt starts the step again."""
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.micro_batch_size = half_of(min(self.micro_batch_size, batch_size))


def half_of(images_at_once: int) -> int:
    """Half as many images as did not fit, which it also logs.

    Raises:
        DeviceMemoryError: it was a single one.
    """
    if images_at_once == 1:
        raise DeviceMemoryError
    half = (images_at_once + 1) // 2
    structlog.get_logger().warning("device_memory_short", images_at_once=half, tried=images_at_once)
    return half


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device, without waiting for it: a GPU copies from page-locked memory while both go on."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def augmented_pixels(batch: Batch, device: torch.device) -> Tensor:
    """``(n, 1, S, S)`` float32 on the device."""
    images = to_pixels(moved(batch.images, device))
    if batch.affine is None or batch.contrast is None:
        return images
    return augment(images, moved(batch.affine, device), moved(batch.contrast, device), outside=BLACK)


def forward(network: Network, batch: Batch, *, device: torch.device, autocast: bool) -> Tensor:
    """Logits ``(n, K)`` of the augmented images, offsets included."""
    images = augmented_pixels(batch, device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = network(in_fastest_format(images))
    return logits if batch.offsets is None else logits + moved(batch.offsets, device)


def make_optimizer(model: nn.Module, settings: TrainingSection, *, round_number: int) -> torch.optim.Optimizer:
    """The study's optimizer for a round of a model, with its update in one kernel.

    What the round leaves as it is, see ``choose_trainable``, is none of its parameters.
    """
    parameters = parameter_groups(model, settings, round_number=round_number)
    rate = round_learning_rate(settings, round_number=round_number)
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=True,
        )
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=settings.weight_decay, fused=True)


def uses_autocast(settings: TrainingSection, device: torch.device) -> bool:
    """Whether steps on this device use bf16 where that is safe."""
    return settings.mixed_precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()
