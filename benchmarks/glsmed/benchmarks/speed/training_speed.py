"""How fast training is, as ratios that are measured side by side in one run.

Each figure is the median over repeats of two measurements taken one after the other. On a CPU the clock counts the CPU
time of the process on one thread, so that other work on the machine hardly matters; on a GPU it counts seconds until
the device is done.
"""

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.benchmarks.speed.bench import Bench, SpeedSettings, plain_loop
from glsmed.benchmarks.speed.prediction_speed import prediction_over_plain
from glsmed.client.data.examples import Examples
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.batches import load_batch, shuffled_passes
from glsmed.client.training.steps.compiled_steps import compiled_network
from glsmed.client.training.steps.memory_format import in_fastest_format
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import Network, Stepper, make_optimizer, uses_autocast
from glsmed.client.training.steps.training import train
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import PrivacySection, TrainingSection
from glsmed.shared.smoothing import generalized_label_smoothing_loss, rates_from_probability

_MUCH = PrivacySection(noise_multiplier=100)


def measure_speed(settings: SpeedSettings, device: torch.device) -> dict[str, object]:
    """The figures, ready for JSON."""
    bench = Bench(settings, device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu, one thread",
            "torch": torch.__version__,
            "architecture": settings.architecture,
            "image_size_px": settings.image_size_px,
            "batch_size": settings.batch_size,
            "gls_step_over_bce_step": round(_gls_over_bce(bench), 4),
            "client_images_per_second_over_plain_loop": round(_client_over_plain(bench), 4),
            "predict_images_per_second_over_plain_loop": round(prediction_over_plain(bench), 4),
            "second_epoch_data_wait_share": round(_data_wait(bench), 4),
            "compiled_step_over_eager_step": round(_compiled_over_eager(bench), 4) if settings.compiled else None,
            "private_images_per_second_over_plain": round(_private_over_plain(bench, patient_images="one"), 4),
            "private_all_images_per_second_over_plain": round(_private_over_plain(bench, patient_images="all"), 4),
        }
    finally:
        torch.set_num_threads(threads)


def _gls_over_bce(bench: Bench) -> float:
    """One whole step with each loss on the same network and batch."""
    model = bench.model()
    optimizer = make_optimizer(model, bench.training, round_number=1)
    batch = bench.settings.batch_size
    images = in_fastest_format(to_pixels(bench.examples.images[:batch].to(bench.device)))
    targets, weights = bench.examples.targets[:batch].to(bench.device), bench.examples.weights[:batch].to(bench.device)
    labels, rates = rates_from_probability(targets)

    def steps(loss_of: Callable[[Tensor], Tensor]) -> None:
        for _ in range(bench.settings.steps):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(images)).backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
            optimizer.step()

    return bench.ratio(
        lambda: steps(lambda logits: generalized_label_smoothing_loss(logits, labels, rates, weights)),
        lambda: steps(lambda logits: F.binary_cross_entropy_with_logits(logits, labels, weight=weights)),
    )


def _client_over_plain(bench: Bench) -> float:
    """Images per second of the client's train over those of the shortest loop that does the same."""
    models = bench.model(), bench.model()
    number = iter(range(1, 10**6))
    return 1 / bench.ratio(
        lambda: train(models[0], bench.examples, bench.training, round_number=next(number), device=bench.device),
        lambda: plain_loop(models[1], bench),
    )


def _compiled_over_eager(bench: Bench) -> float:
    """The client's steps with the network compiled over the same steps with the network as it is."""
    model, plan = bench.model(), RoundPlan.of(bench.examples, bench.training, round_number=1)

    def stepper(network: Network) -> Stepper:
        return Stepper(
            network=network,
            optimizer=make_optimizer(model, bench.training, round_number=1),
            device=bench.device,
            autocast=uses_autocast(bench.training, bench.device),
            logit_limit=None,
            monitor=None,
            micro_batch_size=bench.settings.batch_size,
        )

    def steps(each: Stepper) -> None:
        for batch in plan.batches():
            each.step(batch)

    compiled, eager = stepper(compiled_network(model)), stepper(model)
    return bench.ratio(lambda: steps(compiled), lambda: steps(eager))


def _data_wait(bench: Bench) -> float:
    """Share of a step's time that goes into making its batch, once every image has been touched."""
    model, generator = bench.model(), torch.Generator().manual_seed(0)
    rows = torch.arange(len(bench.examples))

    def load() -> None:
        for chosen in shuffled_passes(rows, bench.training, generator):
            load_batch(bench.examples, chosen, bench.training, generator)

    return bench.ratio(load, lambda: train(model, bench.examples, bench.training, round_number=2, device=bench.device))


def _private_over_plain(bench: Bench, *, patient_images: Literal["one", "all"]) -> float:
    """Images per second with differential privacy over those without; a private step draws a varying number of images.

    With all images of a patient there are two of each, and half as many patients in a step.
    """
    of_each = 2 if patient_images == "all" else 1
    owners = tuple(f"p{number // of_each}" for number in range(len(bench.examples)))
    examples = replace(bench.examples, patients=owners)
    privacy = _MUCH.model_copy(update={"patient_images": patient_images})
    patients_in_step = max(1, bench.settings.batch_size // of_each)
    settings = bench.training.model_copy(update={"privacy": privacy, "batch_size": patients_in_step})
    private, plain = bench.model(), bench.model()
    with tempfile.TemporaryDirectory() as folder:
        ledger = PrivacyLedger(PatientAccountFile(Path(folder) / "privacy.json"), study="speed")

        def private_seconds() -> float:
            images: list[int] = []
            spent = bench.seconds(lambda: images.append(_train_privately(private, examples, settings, ledger, bench)))
            return spent / max(1, images[0])

        def plain_seconds() -> float:
            spent = bench.seconds(
                lambda: train(plain, bench.examples, bench.training, round_number=1, device=bench.device)
            )
            return spent / (bench.settings.steps * bench.settings.batch_size)

        warm_up = private_seconds(), plain_seconds()
        ratios = [plain_seconds() / private_seconds() for _ in warm_up * bench.settings.repeats]
    return statistics.median(ratios)


def _train_privately(
    model: nn.Module, examples: Examples, settings: TrainingSection, ledger: PrivacyLedger, bench: Bench
) -> int:
    """How many images the round's draws had."""
    return train_privately(model, examples, settings, ledger, round_number=1, device=bench.device).images
