"""Training at one site on one device: a number of steps with the GLS loss, none of which waits for the device."""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.compiled_steps import StepCompiler
from glsmed.client.training.steps.fine_tuning import WeightAverage, choose_trainable
from glsmed.client.training.steps.gradient_correction import GradientCorrection, Steering
from glsmed.client.training.steps.memory_format import in_fastest_format, placed
from glsmed.client.training.steps.round_plan import RoundPlan, TrainingSummary
from glsmed.client.training.steps.stepper import Stepper, make_optimizer, uses_autocast
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import TrainingSection

OnStep = Callable[[int], None]
NOT_STEERED = Steering()


def train(
    model: nn.Module,
    examples: Examples,
    settings: TrainingSection,
    *,
    round_number: int,
    device: torch.device,
    on_step: OnStep | None = None,
    compiler: StepCompiler | None = None,
    steering: Steering = NOT_STEERED,
    key: bytes | None = None,
) -> TrainingSummary:
    """Train ``model`` in place for ``settings.steps_per_round`` steps on the examples that have a labelled cell.

    Batches and augmentation, and so the result on a CPU, follow from ``key``, which a site keeps secret; without one
    from ``settings.seed`` and ``round_number``, for what never leaves the machine and may be known.
    Negative rates, which only the gold gate makes, are used under their guard. ``compiler`` may make the steps faster,
    ``steering`` adds to their gradients.

    Raises:
        DataError: no image has a labelled cell.
        NegativeRatesError: negative rates drive the logits away; the model is then of no use.
        TrainingDivergedError: the loss is not finite; the model is then of no use.
        DeviceMemoryError: not even one image fits on the device.
    """
    started = time.perf_counter()
    plan = RoundPlan.of(examples, settings, round_number=round_number, key=key)
    stepper = _stepper(model, plan, device)
    stepper.correction = GradientCorrection.of(model, steering)
    if compiler is not None:
        compiler.speed_up(stepper, model, plan)
    total, average = torch.zeros((), device=device), WeightAverage.of(model, settings)
    for number, batch in enumerate(plan.batches()):
        total += stepper.step(batch)
        if average is not None:
            average.see()
        if on_step is not None:
            on_step(number)
    if average is not None:
        average.put_in_place()
    return plan.summary(summed_loss=float(total), monitor=stepper.monitor, seconds=time.perf_counter() - started)


def _stepper(model: nn.Module, plan: RoundPlan, device: torch.device) -> Stepper:
    placed(model, device).train()
    choose_trainable(model, plan.settings, round_number=plan.round_number)
    return Stepper(
        network=model,
        optimizer=make_optimizer(model, plan.settings, round_number=plan.round_number),
        device=device,
        autocast=uses_autocast(plan.settings, device),
        logit_limit=plan.logit_limit,
        monitor=plan.monitor(device),
        micro_batch_size=plan.settings.batch_size,
    )


@torch.no_grad()
def predict_logits(model: nn.Module, examples: Examples, *, device: torch.device, batch_size: int = 64) -> Tensor:
    """Logits ``(N, K)`` on the CPU, the offset of each image's site included."""
    placed(model, device).eval()
    parts = [
        model(in_fastest_format(to_pixels(part.to(device)))).float().cpu()
        for part in torch.split(examples.images, batch_size)
    ]
    logits = torch.cat(parts)
    return logits if examples.offsets is None else logits + examples.offsets
