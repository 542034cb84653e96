"""What the measurements of speed share: the data, the network, the clock, and the loop to compare with."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.memory_format import in_fastest_format, placed
from glsmed.client.training.steps.stepper import make_optimizer, uses_autocast
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import AugmentationSection, TrainingSection

FINDINGS = ("effusion", "cardiomegaly", "nodule", "consolidation", "pneumothorax")
_STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)


@dataclass(frozen=True, slots=True)
class SpeedSettings:
    """What is measured.

    Attributes:
        steps: gradient steps of a measurement; ``repeats`` pairs of them.
        compiled: measure compiled steps too, which takes the compiler tens of seconds.
    """

    architecture: str = "resnet18"
    image_size_px: int = 64
    batch_size: int = 16
    steps: int = 4
    repeats: int = 3
    compiled: bool = True


class Bench:
    """The same data and network for every measurement."""

    def __init__(self, settings: SpeedSettings, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        self.training = TrainingSection(
            steps_per_round=settings.steps, batch_size=settings.batch_size, site_offset=False, augmentation=_STILL
        )
        self.examples = _examples(settings)

    def model(self) -> nn.Module:
        """A fresh network on the device."""
        model = build_model(self.settings.architecture, n_findings=len(FINDINGS), seed=0)
        return placed(model, self.device).train()

    def seconds(self, work: Callable[[], object]) -> float:
        """How long a piece of work takes by the device's clock."""
        started = self._now()
        work()
        return self._now() - started

    def ratio(self, first: Callable[[], object], second: Callable[[], object]) -> float:
        """Median of first's seconds over second's, each pair side by side and in turning order; warmed up before."""
        first()
        second()
        ratios = []
        for repeat in range(self.settings.repeats):
            pair = (first, second) if repeat % 2 == 0 else (second, first)
            times = [self.seconds(work) for work in pair]
            ratios.append(times[0] / times[1] if repeat % 2 == 0 else times[1] / times[0])
        return statistics.median(ratios)

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            return time.perf_counter()
        return time.process_time()


def plain_loop(model: nn.Module, bench: Bench) -> float:
    """What a tutorial would write: index, move, forward, loss, backward, step; waits for the device once at the end."""
    optimizer, total = make_optimizer(model, bench.training, round_number=1), torch.zeros((), device=bench.device)
    autocast = uses_autocast(bench.training, bench.device)
    order = torch.randperm(len(bench.examples))
    for step in range(bench.settings.steps):
        rows = order[step * bench.settings.batch_size : (step + 1) * bench.settings.batch_size]
        images = in_fastest_format(to_pixels(bench.examples.images[rows].to(bench.device)))
        targets, weights = bench.examples.targets[rows].to(bench.device), bench.examples.weights[rows].to(bench.device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(bench.device.type, dtype=torch.bfloat16, enabled=autocast):
            logits = model(images)
        loss = F.binary_cross_entropy_with_logits(logits.float(), targets, weight=weights)
        loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
        total += loss.detach()
    return float(total)


def _examples(settings: SpeedSettings) -> Examples:
    count, side = settings.steps * settings.batch_size, settings.image_size_px
    generator = torch.Generator().manual_seed(0)
    cells = (count, len(FINDINGS))
    return Examples(
        images=torch.randint(0, 256, (count, 1, side, side), generator=generator, dtype=torch.uint8),
        targets=torch.rand(cells, generator=generator),
        weights=(torch.rand(cells, generator=generator) > 0.2).float(),
        gold=torch.full(cells, math.nan),
        patients=tuple(f"p{number}" for number in range(count)),
        findings=FINDINGS,
    )
