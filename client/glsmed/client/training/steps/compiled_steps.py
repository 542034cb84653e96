"""Compiled steps (torch.compile), used only where they are measured to be faster on the device at hand.

The compiled form shares its weights with the plain model, from which they are read: names and values that leave a site
are the same either way.
"""

import statistics
import time
from dataclasses import replace
from typing import Literal, cast

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.fine_tuning import trainable
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import Network, Stepper

Compiling = Literal["auto", "off"]

# not on a CPU: `glsmed-benchmark training` measured compiled steps there as slower, after a wait for the compiler
_TRIED_ON = ("cuda",)
_WARM_UP_STEPS = 2
_STEPS = 5
_REPEATS = 3
_WORTH = 0.97  # of the eager time; a smaller gain may be chance


class StepCompiler:
    """Decides for a model, once, whether its steps are computed by its compiled form."""

    def __init__(self, compiling: Compiling) -> None:
        self._is_on = compiling == "auto"
        self._made_for: tuple[nn.Module, int] | None = None
        self._network: Network | None = None

    def speed_up(self, stepper: Stepper, model: nn.Module, plan: RoundPlan) -> None:
        """Give the stepper the faster network for this model, measured when it or its trainable layers are new."""
        if not self._is_on or stepper.device.type not in _TRIED_ON:
            return
        made_for = model, len(trainable(model))
        if self._network is None or self._made_for != made_for:
            self._made_for, self._network = made_for, faster_network(stepper, model, next(plan.batches()))
        stepper.network = self._network


def faster_network(stepper: Stepper, model: nn.Module, batch: Batch) -> Network:
    """The compiled form of the model, or the model itself where that is as fast or cannot be compiled.

    Takes no step; the batch is one like those that will come.
    """
    log = structlog.get_logger()
    try:
        compiled = compiled_network(model)
        ratio = compiled_over_eager(stepper, compiled, batch)
    except Exception as error:  # whatever the compiler runs into, the round goes on without it
        log.warning("steps_not_compiled", error=type(error).__name__, reason=str(error).split("\n", 1)[0])
        return model
    finally:
        stepper.optimizer.zero_grad(set_to_none=True)
    log.info("compiled_steps", compiled_over_eager=round(ratio, 3), kept=ratio < _WORTH)
    return compiled if ratio < _WORTH else model


def compiled_network(model: nn.Module) -> Network:
    """The model's forward pass compiled for the first size of batch; another size is computed by the model itself.

    Compiling takes place in the first forward and backward pass.
    """
    compiled, shapes = torch.compile(model), list[torch.Size]()

    def network(images: Tensor) -> Tensor:
        if not shapes:
            shapes.append(images.shape)
            return cast(Tensor, compiled(images))
        if images.shape != shapes[0]:
            return cast(Tensor, model(images))
        with torch.compiler.set_stance("eager_on_recompile"):
            return cast(Tensor, compiled(images))

    return network


def compiled_over_eager(stepper: Stepper, compiled: Network, batch: Batch) -> float:
    """Median time of the gradients of compiled steps over that of eager ones, measured in turn."""
    steppers = replace(stepper, monitor=None), replace(stepper, monitor=None, network=compiled)
    for each in steppers:
        _seconds(each, batch, steps=_WARM_UP_STEPS)
    times = [tuple(_seconds(each, batch, steps=_STEPS) for each in steppers) for _ in range(_REPEATS)]
    return statistics.median(with_compiler / without for without, with_compiler in times)


def _seconds(stepper: Stepper, batch: Batch, *, steps: int) -> float:
    """How long the device takes for the gradients of some steps."""
    _wait_for(stepper.device)
    started, total = time.perf_counter(), batch.total_weight()
    for _ in range(steps):
        stepper.gradients(batch, total)
    _wait_for(stepper.device)
    return time.perf_counter() - started


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
