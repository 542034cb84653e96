"""Compiled steps are kept where they are faster, give the same result, and never stop a round."""

import math
import time
from collections.abc import Callable
from functools import partial

import pytest
import torch
from structlog.testing import capture_logs
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps import compiled_steps
from glsmed.client.training.steps.compiled_steps import StepCompiler, compiled_network, faster_network
from glsmed.client.training.steps.round_plan import RoundPlan
from glsmed.client.training.steps.stepper import Stepper, make_optimizer
from glsmed.client.training.steps.training import train
from glsmed.shared.protocol.study import TrainingSection
from glsmed.shared.smoothing import smoothed_targets

CPU = torch.device("cpu")
SETTINGS = TrainingSection(steps_per_round=3, batch_size=8, optimizer="sgd", learning_rate=0.1)


def plan(n: int = 24) -> RoundPlan:
    generator = torch.Generator().manual_seed(0)

    def cells() -> Tensor:
        return torch.rand(n, 2, generator=generator)

    examples = Examples(
        images=torch.randint(0, 256, (n, 1, 16, 16), generator=generator).byte(),
        targets=smoothed_targets(cells().round(), cells() - 0.3),
        weights=cells() * (cells() > 0.4),
        gold=torch.full((n, 2), math.nan),
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion", "nodule"),
    )
    return RoundPlan.of(examples, SETTINGS, round_number=5)


def small() -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return net.append(nn.Linear(4, 2)).to(memory_format=torch.channels_last)


def stepper(model: nn.Module, *, autocast: bool = False) -> Stepper:
    made = plan()
    return Stepper(
        network=model,
        optimizer=make_optimizer(model, SETTINGS, round_number=1),
        device=CPU,
        autocast=autocast,
        logit_limit=made.logit_limit,
        monitor=made.monitor(CPU),
        micro_batch_size=8,
    )


class Slowed(nn.Module):
    """What stands in for a compiled model, slower by some seconds; counts its calls."""

    def __init__(self, model: nn.Module, seconds: float) -> None:
        super().__init__()
        self.model, self.seconds, self.calls = model, seconds, 0

    def forward(self, images: Tensor) -> Tensor:
        time.sleep(self.seconds)
        self.calls += 1
        return self.model(images)  # type: ignore[no-any-return]  # torch types no call of a module


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.filterwarnings("ignore::UserWarning:torch")  # inductor warns of what this machine has not
def test_compiled_steps_end_where_eager_ones_do(*, autocast: bool) -> None:
    """With negative rates and their guard, and a batch of another size that is not compiled."""
    models = small(), small()
    steppers = [stepper(models[0], autocast=autocast), stepper(models[1], autocast=autocast)]
    steppers[1].network = compiled_network(models[1])
    made = plan()
    batches = [*made.batches(), next(next(made.batches()).split(5))]
    losses = [[float(each.step(batch)) for batch in batches] for each in steppers]
    tolerance = 2e-2 if autocast else 1e-5
    assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    for eager, compiled in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.allclose(eager, compiled, atol=tolerance)
    assert list(models[1].state_dict()) == list(small().state_dict())


@pytest.mark.parametrize(("eager", "compiled", "kept"), [(0.1, 0.0, True), (0.0, 0.1, False)])
def test_the_faster_is_kept(monkeypatch: pytest.MonkeyPatch, *, eager: float, compiled: float, kept: bool) -> None:
    slow = Slowed(small(), eager)
    monkeypatch.setattr(torch, "compile", lambda model: Slowed(model.model, compiled))
    each = stepper(slow)
    with capture_logs() as logs:
        network = faster_network(each, slow, next(plan().batches()))
    assert (network is not slow) is kept
    assert [entry["kept"] for entry in logs] == [kept]


def test_measuring_takes_no_step_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    monkeypatch.setattr(torch, "compile", lambda model: model)
    each = stepper(model)
    faster_network(each, model, next(plan().batches()))
    assert all(torch.equal(old, new) for old, new in zip(small().parameters(), model.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert each.monitor is not None
    assert float(each.monitor.sums.sum()) == 0


class Telling(nn.Module):
    """Its result says whether it was compiled."""

    def forward(self, images: Tensor) -> Tensor:
        return images + 1 if torch.compiler.is_compiling() else images


def test_one_size_of_batch_is_compiled_and_others_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    model = Telling()
    network = compiled_network(model)
    assert [float(network(torch.zeros(n, 1)).max()) for n in (2, 2, 3, 2)] == [1, 1, 0, 1]
    assert float(network(torch.zeros(2, 1, dtype=torch.float64)).max()) == 0


def _no_compiler(_model: nn.Module) -> nn.Module:
    raise RuntimeError("no compiler\nand a long story")


def _breaks(model: nn.Module) -> nn.Module:
    class Broken(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            raise TypeError("cannot be traced")

    return Broken()


@pytest.mark.parametrize(("compiler", "reason"), [(_no_compiler, "no compiler"), (_breaks, "cannot be traced")])
def test_what_cannot_be_compiled_is_trained_all_the_same(
    monkeypatch: pytest.MonkeyPatch, compiler: Callable[[nn.Module], nn.Module], reason: str
) -> None:
    monkeypatch.setattr(torch, "compile", compiler)
    monkeypatch.setattr(compiled_steps, "_TRIED_ON", ("cpu",))
    models, examples = (small(), small()), plan().examples
    with capture_logs() as logs:
        train(models[0], examples, SETTINGS, round_number=5, device=CPU, compiler=StepCompiler("auto"))
    train(models[1], examples, SETTINGS, round_number=5, device=CPU)
    assert [entry["reason"] for entry in logs] == [reason]
    assert all(torch.equal(a, b) for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True))


def test_a_model_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[nn.Module] = []

    def note(model: nn.Module) -> nn.Module:
        made.append(model)
        return model

    monkeypatch.setattr(torch, "compile", note)
    monkeypatch.setattr(compiled_steps, "_TRIED_ON", ("cpu",))
    compiler, first, second = StepCompiler("auto"), small(), small()
    for model in (first, first, second):
        train(model, plan().examples, SETTINGS, round_number=5, device=CPU, compiler=compiler)
    assert made == [first, second]


@pytest.mark.parametrize(("compiling", "tried_on"), [("auto", ("cuda",)), ("off", ("cuda", "cpu"))])
def test_nothing_is_compiled_on_a_cpu_or_where_it_is_off(
    monkeypatch: pytest.MonkeyPatch, compiling: compiled_steps.Compiling, tried_on: tuple[str, ...]
) -> None:
    monkeypatch.setattr(torch, "compile", _no_compiler)
    monkeypatch.setattr(compiled_steps, "_TRIED_ON", tried_on)
    with capture_logs() as logs:
        train(small(), plan().examples, SETTINGS, round_number=5, device=CPU, compiler=StepCompiler(compiling))
    assert logs == []
