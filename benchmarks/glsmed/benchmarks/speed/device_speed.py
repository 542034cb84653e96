"""What a device does in a round: images per second by kind of step, how busy it is, its memory, and moving the model.

Unlike ``training_speed`` these are absolute figures of the machine at hand, each the median over repeats. Each
comes as soon as it is measured, so that a run that is stopped keeps what it has.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from glsmed.benchmarks.speed.bench import Bench, SpeedSettings, plain_loop
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.compiled_steps import StepCompiler, compiled_network
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import Network, Stepper, make_optimizer, uses_autocast
from glsmed.client.training.steps.training import predict_logits, train
from glsmed.shared.errors import UsageError
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import AugmentationSection, PrivacySection

_MUCH = PrivacySection(noise_multiplier=100)
_MEGABYTE = 1e6
_ON_GPU = "DeviceType.CUDA"  # as torch's profiler calls it
_LAYER = 1264  # a square layer of so many inputs has 6.4 MB
_PROFILED_STEPS = 5  # the profiler takes seconds for each

Measure = Callable[[Bench], object]
KINDS = ("speed", "parts", "load", "private", "copies")


class Compiled(StepCompiler):
    """Steps that are compiled whether or not that is faster, which is what is to be measured."""

    def __init__(self) -> None:
        super().__init__("off")
        self._compiled: Network | None = None

    def speed_up(self, stepper: Stepper, model: nn.Module, _plan: RoundPlan) -> None:
        """Compile the first model that comes."""
        self._compiled = self._compiled or compiled_network(model)
        stepper.network = self._compiled


def measured(figures: Mapping[str, Measure], bench: Bench) -> Iterator[dict[str, object]]:
    """One line for each figure, in order; one that cannot be measured says why, and the others go on."""
    about = {
        "device": torch.cuda.get_device_name(bench.device) if bench.device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "architecture": bench.settings.architecture,
        "image_size_px": bench.settings.image_size_px,
        "batch_size": bench.settings.batch_size,
        "bf16": uses_autocast(bench.training, bench.device),
    }
    for name, measure in figures.items():
        try:
            result: dict[str, object] = {"value": measure(bench)}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}".split("\n", 1)[0]}
        yield {**about, "figure": name, **result}


def figures_of(kinds: Iterable[str], settings: SpeedSettings) -> dict[str, Measure]:
    """What is measured with one network and size of batch, kind by kind; what takes long comes last in its kind.

    Raises:
        UsageError: there is no such kind.
    """
    made = dict(zip(KINDS, (_speed_figures(settings), _PARTS, _LOAD, _PRIVATE, _COPIES), strict=True))
    for kind in kinds:
        if kind not in made:
            raise UsageError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    return {name: measure for kind in kinds for name, measure in made[kind].items()}


def _speed_figures(settings: SpeedSettings) -> dict[str, Measure]:
    """Rounds beside the plain loop, and compiled."""
    figures: dict[str, Measure] = {
        "plain_loop_images_per_second": lambda bench: _rate(bench, _plain(bench)),
        "client_images_per_second": lambda bench: _rate(bench, _client(bench)),
        "client_over_plain_loop": lambda bench: 1 / bench.ratio(_client(bench), _plain(bench)),
    }
    if settings.compiled:
        figures["client_compiled_images_per_second"] = lambda bench: _rate(bench, _client(bench, Compiled()))
    return figures


def _median_seconds(bench: Bench, work: Callable[[], object]) -> float:
    """Of the repeats, after one to warm up."""
    work()
    return statistics.median(bench.seconds(work) for _ in range(bench.settings.repeats))


def _rate(bench: Bench, work: Callable[[], object]) -> float:
    return round(len(bench.examples) / _median_seconds(bench, work), 1)


def _plain(bench: Bench) -> Callable[[], object]:
    model = bench.model()
    return lambda: plain_loop(model, bench)


def _client(bench: Bench, compiler: StepCompiler | None = None) -> Callable[[], object]:
    model = bench.model()
    return lambda: train(model, bench.examples, bench.training, round_number=1, device=bench.device, compiler=compiler)


def _augmented(bench: Bench) -> Bench:
    """The same with the augmentation that a study has if it says nothing."""
    changed = Bench(bench.settings, bench.device)
    changed.training = changed.training.model_copy(update={"augmentation": AugmentationSection()})
    return changed


def _shorter(bench: Bench) -> Bench:
    return Bench(replace(bench.settings, steps=min(_PROFILED_STEPS, bench.settings.steps)), bench.device)


def _predicting(bench: Bench) -> Callable[[], object]:
    model = bench.model()
    return lambda: predict_logits(model, bench.examples, device=bench.device)


def _step(bench: Bench, memory_format: torch.memory_format) -> Callable[[], object]:
    """Steps on one batch that lies on the device: what the network costs, without its data."""
    model = bench.model().to(memory_format=memory_format)
    optimizer, size = make_optimizer(model, bench.training, round_number=1), bench.settings.batch_size
    images = to_pixels(bench.examples.images[:size].to(bench.device))
    images = images.contiguous(memory_format=memory_format)
    targets, autocast = bench.examples.targets[:size].to(bench.device), uses_autocast(bench.training, bench.device)

    def steps() -> None:
        for _ in range(bench.settings.steps):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(bench.device.type, dtype=torch.bfloat16, enabled=autocast):
                logits = model(images)
            loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), targets)
            loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
            optimizer.step()

    return steps


def _private_rate(bench: Bench, patient_images: Literal["one", "all"]) -> float:
    """Images per second of private training; with all images a patient has two, and a step half as many patients."""
    of_each = 2 if patient_images == "all" else 1
    owners = tuple(f"p{number // of_each}" for number in range(len(bench.examples)))
    examples = replace(bench.examples, patients=owners)
    changes = {
        "privacy": _MUCH.model_copy(update={"patient_images": patient_images}),
        "batch_size": max(1, bench.settings.batch_size // of_each),
        "steps_per_round": -(-bench.settings.steps // 4),
    }
    settings, model, images = bench.training.model_copy(update=changes), bench.model(), list[int]()
    with tempfile.TemporaryDirectory() as folder:
        ledger = PrivacyLedger(PatientAccountFile(Path(folder) / "privacy.json"), study="speed")

        def work() -> None:
            summary = train_privately(model, examples, settings, ledger, round_number=1, device=bench.device)
            images.append(summary.images)

        work()
        seconds = bench.seconds(work)
    return round(images[-1] / seconds, 1)


def _peak(bench: Bench, work: Callable[[], object]) -> float | None:
    """Megabytes that the work has on the device at once, the network included."""
    if bench.device.type != "cuda":
        return None
    work()
    torch.cuda.reset_peak_memory_stats(bench.device)
    work()
    return round(torch.cuda.max_memory_allocated(bench.device) / _MEGABYTE, 1)


def _busy_share(bench: Bench, work: Callable[[], object]) -> float | None:
    """Share of the time between the first and the last thing the GPU does in which it does something."""
    if bench.device.type != "cuda":
        return None
    work()
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        work()
        torch.cuda.synchronize(bench.device)
    spans = [
        (event.time_range.start, event.time_range.end)
        for event in profiled.events() or ()
        if str(event.device_type) == _ON_GPU and not event.is_user_annotation
    ]
    return round(covered_share(spans), 4)


def covered_share(spans: Iterable[tuple[float, float]]) -> float:
    """Share of the time from the first start to the last end that lies in at least one span.

    Raises:
        ValueError: there is no span of any length.
    """
    ordered = sorted(spans)
    first, last = min(start for start, _ in ordered), max(end for _, end in ordered)
    latest, gaps = ordered[0][1], 0.0
    for (_, end), (start, _) in pairwise(ordered):
        latest = max(latest, end)
        gaps += max(0.0, start - latest)
    if not last > first:
        raise ValueError("expected spans of some length, got none")
    return 1 - gaps / (last - first)


def _copy_seconds(bench: Bench, megabytes: int) -> dict[str, float]:
    count = max(1, round(megabytes * _MEGABYTE / (4 * _LAYER * (_LAYER + 1))))
    model = nn.Sequential(*(nn.Linear(_LAYER, _LAYER, device=bench.device) for _ in range(count)))
    arrays = state_arrays(model)
    return {
        "megabytes": round(sum(array.nbytes for array in arrays.values()) / _MEGABYTE, 1),
        "seconds_from_device": _median_seconds(bench, lambda: state_arrays(model)),
        "seconds_to_device": _median_seconds(bench, lambda: load_arrays(model, arrays)),
    }


_PARTS: dict[str, Measure] = {
    "client_augmented_images_per_second": lambda bench: _rate(bench, _client(_augmented(bench))),
    "predicted_images_per_second": lambda bench: _rate(bench, _predicting(bench)),
    "step_channels_last_images_per_second": lambda bench: _rate(bench, _step(bench, torch.channels_last)),
    "step_contiguous_images_per_second": lambda bench: _rate(bench, _step(bench, torch.contiguous_format)),
}
_LOAD: dict[str, Measure] = {
    "client_peak_megabytes": lambda bench: _peak(bench, _client(bench)),
    "client_busy_share": lambda bench: _busy_share(bench, _client(_shorter(bench))),
}
_PRIVATE: dict[str, Measure] = {
    "private_one_images_per_second": lambda bench: _private_rate(bench, "one"),
    "private_all_images_per_second": lambda bench: _private_rate(bench, "all"),
    "private_one_busy_share": lambda bench: _busy_share(bench, lambda: _private_rate(bench, "one")),
}
_COPIES: dict[str, Measure] = {
    "arrays_of_45_megabytes": lambda bench: _copy_seconds(bench, 45),
    "arrays_of_400_megabytes": lambda bench: _copy_seconds(bench, 400),
}
