"""Steps on a GPU are those on a CPU, close to them in bf16, and never wait; short memory takes less at a time."""

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from structlog.testing import capture_logs
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.compiled_steps import StepCompiler, compiled_network
from glsmed.client.training.steps.memory_format import placed
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import DeviceMemoryError, Stepper, make_optimizer, uses_autocast
from glsmed.client.training.steps.training import predict_logits, train
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.protocol.study import TrainingSection
from glsmed.shared.smoothing import smoothed_targets

pytestmark = pytest.mark.gpu

CPU = torch.device("cpu")
SETTINGS = TrainingSection(
    steps_per_round=3, batch_size=8, optimizer="sgd", learning_rate=0.01, momentum=0.0, mixed_precision="off"
)
BF16 = SETTINGS.model_copy(update={"mixed_precision": "auto"})
FINDINGS = ("effusion", "nodule")
NEGATIVE_RATES = 5  # a round in which they are used


def examples(n: int = 24, side: int = 64) -> Examples:
    """With everything that a step can have: negative rates, masked cells, offsets and image shares."""
    generator = torch.Generator().manual_seed(0)

    def cells() -> Tensor:
        return torch.rand(n, 2, generator=generator)

    return Examples(
        images=torch.randint(0, 256, (n, 1, side, side), generator=generator).byte(),
        targets=smoothed_targets(cells().round(), cells() - 0.3),
        weights=cells() * (cells() > 0.4),
        gold=torch.full((n, 2), math.nan),
        patients=tuple(f"p{number}" for number in range(n)),
        findings=FINDINGS,
        offsets=cells(),
        image_shares=cells(),
    )


def fresh() -> nn.Module:
    return build_model("resnet10", n_findings=2, seed=0)


def plan(settings: TrainingSection = SETTINGS, *, n: int = 24, side: int = 64) -> RoundPlan:
    return RoundPlan.of(examples(n, side), settings, round_number=NEGATIVE_RATES)


def stepper(model: nn.Module, made: RoundPlan, device: torch.device) -> Stepper:
    placed(model, device).train()
    return Stepper(
        network=model,
        optimizer=make_optimizer(model, made.settings, round_number=1),
        device=device,
        autocast=uses_autocast(made.settings, device),
        logit_limit=made.logit_limit,
        monitor=made.monitor(device),
        micro_batch_size=made.settings.batch_size,
    )


def moved(model: nn.Module) -> Tensor:
    """How far training has moved the weights."""
    pairs = zip(model.parameters(), fresh().parameters(), strict=True)
    return torch.cat([(new.detach().cpu() - old.detach()).flatten() for new, old in pairs])


def apart(model: nn.Module, reference: nn.Module) -> float:
    """How far two trained models are from each other, in parts of what training has moved them."""
    return float((moved(model) - moved(reference)).norm() / moved(reference).norm())


def trained(settings: TrainingSection, device: torch.device) -> tuple[nn.Module, float]:
    """A fresh model after a round, and the loss."""
    model = fresh()
    return model, train(model, examples(), settings, round_number=NEGATIVE_RATES, device=device).loss


def test_a_round_in_full_precision_is_that_of_the_cpu(gpu: torch.device) -> None:
    (on_gpu, loss), (on_cpu, expected) = trained(SETTINGS, gpu), trained(SETTINGS, CPU)
    assert loss == pytest.approx(expected, rel=1e-4)
    # from float64, float32 on a CPU is 1.3e-3 with channels last and 5e-5 without, and TF32 is 4.5e-2
    assert apart(on_gpu, on_cpu) < 5e-3


def test_a_round_in_bf16_is_close_to_that_in_full_precision(gpu: torch.device) -> None:
    assert uses_autocast(BF16, gpu)
    (in_bf16, loss), (in_full, expected) = trained(BF16, gpu), trained(SETTINGS, gpu)
    assert loss == pytest.approx(expected, rel=2e-2)
    assert 1e-4 < apart(in_bf16, in_full) < 0.2
    assert all(parameter.dtype == torch.float32 for parameter in in_bf16.parameters())


@contextmanager
def waiting_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.filterwarnings("ignore:Synchronization debug mode:UserWarning")  # torch calls it a prototype
def test_no_step_asks_for_a_result(gpu: torch.device) -> None:
    made = plan(BF16)
    each = stepper(fresh(), made, gpu)
    batch = next(made.batches())
    each.step(batch)
    with waiting_is_an_error():
        each.step(batch)
    with waiting_is_an_error(), pytest.raises(RuntimeError, match="synchroniz"):
        batch.images.to(gpu)


def test_the_processor_is_free_while_the_gpu_computes(gpu: torch.device) -> None:
    """Its copies wait in line behind half a second of work; a copy from ordinary memory would hold up the program."""
    made = plan(BF16, n=64, side=224)
    each = stepper(fresh(), made, gpu)
    batch = next(made.batches())
    for _ in range(3):
        each.step(batch)
    torch.cuda.synchronize(gpu)
    torch.cuda._sleep(1_000_000_000)  # type: ignore[no-untyped-call]  # clock cycles; torch has no public way
    started = time.perf_counter()
    each.step(batch)
    queued = time.perf_counter() - started
    torch.cuda.synchronize(gpu)
    assert queued < 0.5 * (time.perf_counter() - started)


@pytest.mark.parametrize("settings", [SETTINGS, BF16], ids=["float32", "bf16"])
@pytest.mark.filterwarnings("ignore::UserWarning:torch")  # inductor warns of what this machine has not
def test_compiled_steps_end_where_eager_ones_do(gpu: torch.device, settings: TrainingSection) -> None:
    made, models = plan(settings), (fresh(), fresh())
    steppers = [stepper(model, made, gpu) for model in models]
    steppers[1].network = compiled_network(models[1])
    batches = [*made.batches(), next(next(made.batches()).split(5))]
    losses = [[float(each.step(batch)) for batch in batches] for each in steppers]
    in_bf16 = settings is BF16
    assert losses[1] == pytest.approx(losses[0], rel=2e-2 if in_bf16 else 1e-3)
    assert apart(models[1], models[0]) < (0.2 if in_bf16 else 1e-2)


@pytest.mark.filterwarnings("ignore::UserWarning:torch")  # as above
def test_steps_are_compiled_once_for_all_rounds_and_weights(gpu: torch.device) -> None:
    compiler, models = StepCompiler("auto"), (fresh(), fresh())
    with capture_logs() as logs:
        for number in (NEGATIVE_RATES, NEGATIVE_RATES + 1):
            train(models[0], examples(), SETTINGS, round_number=number, device=gpu, compiler=compiler)
            train(models[1], examples(), SETTINGS, round_number=number, device=gpu)
            predict_logits(models[0], examples(), device=gpu)
            load_arrays(models[0], state_arrays(models[0]))
    assert [entry["event"] for entry in logs] == ["compiled_steps"]
    assert apart(models[0], models[1]) < 2e-2


@contextmanager
def memory_limit(limit_bytes: float, device: torch.device) -> Iterator[None]:
    """Give this process no more memory of the GPU than that."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(
        limit_bytes / torch.cuda.get_device_properties(device).total_memory, device
    )
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


def peak(work: Callable[[], object], device: torch.device) -> int:
    """The most bytes that the work has on the device at once."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    work()
    return torch.cuda.max_memory_allocated(device)


def gradients(each: Stepper, model: nn.Module, batch: Batch) -> Tensor:
    each.gradients(batch, batch.total_weight())
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def test_memory_that_is_really_short_takes_less_at_a_time_with_the_same_gradient(gpu: torch.device) -> None:
    settings = SETTINGS.model_copy(update={"batch_size": 64, "learning_rate": 1e-9})
    made, model = plan(settings, n=64, side=256), fresh()
    each = stepper(model, made, gpu)
    batch = next(made.batches())
    most = peak(lambda: each.step(batch), gpu)
    whole = gradients(each, model, batch)
    kept = torch.cuda.memory_allocated(gpu)
    with capture_logs() as logs:
        for tenths in range(9, 0, -1):  # cuDNN first makes do with less room for its work, and images stay together
            with memory_limit(kept + (most - kept) * tenths / 10, gpu):
                each.step(batch)
            if logs:
                break
    assert each.micro_batch_size < 64
    assert {entry["event"] for entry in logs} == {"device_memory_short"}
    in_parts = gradients(each, model, batch)
    assert float((in_parts - whole).norm() / whole.norm()) < 1e-3


def test_a_single_image_that_does_not_fit_is_an_error_that_names_the_remedy(gpu: torch.device) -> None:
    made = plan(n=8, side=512)
    each = stepper(fresh(), made, gpu)
    batch = next(made.batches())
    with memory_limit(torch.cuda.memory_allocated(gpu), gpu), pytest.raises(DeviceMemoryError, match="nvidia"):
        each.step(batch)


def test_predictions_are_those_of_the_cpu(gpu: torch.device) -> None:
    on_gpu = predict_logits(fresh(), examples(), device=gpu, batch_size=7)
    assert on_gpu.device == CPU
    assert torch.allclose(on_gpu, predict_logits(fresh(), examples(), device=CPU), atol=1e-4)


def test_weights_leave_the_gpu_and_come_back_unchanged(gpu: torch.device) -> None:
    model = fresh().to(gpu).to(memory_format=torch.channels_last)
    arrays = state_arrays(model)
    assert all(torch.equal(torch.from_numpy(arrays[name]), value) for name, value in fresh().state_dict().items())
    other = build_model("resnet10", n_findings=2, seed=1).to(gpu).to(memory_format=torch.channels_last)
    load_arrays(other, arrays)
    assert all(torch.equal(value.cpu(), fresh().state_dict()[name]) for name, value in other.state_dict().items())


def test_weights_lie_as_is_fastest_on_a_gpu_after_a_round_on_the_cpu(gpu: torch.device) -> None:
    model, _ = trained(SETTINGS, CPU)
    weight = model.get_parameter("layer1.0.conv1.weight")
    assert not weight.is_contiguous()
    train(model, examples(), SETTINGS, round_number=NEGATIVE_RATES, device=gpu)
    assert weight.is_contiguous()
