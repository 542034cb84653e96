import pytest
import torch
from torch import nn

from glsmed.client.training.steps.gradient_correction import GradientCorrection, Steering


def one_weight(value: float = 2.0) -> nn.Module:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, value)
    return model


def corrected(model: nn.Module, steering: Steering, *, moved_to: float) -> float:
    """The gradient of a loss w/2 after the correction, at another weight than the round began with."""
    correction = GradientCorrection.of(model, steering)
    assert correction is not None
    weight = model.get_parameter("weight")
    nn.init.constant_(weight, moved_to)
    weight.grad = torch.full((1, 1), 0.5)
    correction.apply()
    return float(weight.grad)


def tensor(value: float) -> dict[str, torch.Tensor]:
    return {"weight": torch.full((1, 1), value)}


@pytest.mark.parametrize(
    ("steering", "expected"),
    [
        (Steering(pull=0.1), 0.5 + 0.1 * (5 - 2)),
        (Steering(pull=0.1, anchor=tensor(-1)), 0.5 + 0.1 * (5 + 1)),
        (Steering(shift=tensor(0.25)), 0.75),
        (Steering(pull=0.1, anchor=tensor(-1), shift=tensor(0.25)), 0.75 + 0.1 * (5 + 1)),
    ],
)
def test_a_gradient_becomes_that_of_the_pull_and_the_shift_too(steering: Steering, expected: float) -> None:
    assert corrected(one_weight(), steering, moved_to=5) == pytest.approx(expected)


@pytest.mark.parametrize("steering", [Steering(), Steering(anchor=tensor(1))])
def test_without_pull_and_shift_there_is_nothing_to_do(steering: Steering) -> None:
    assert GradientCorrection.of(one_weight(), steering) is None


def test_the_correction_lies_in_memory_as_the_weights_do() -> None:
    """Otherwise every step would gather and scatter."""
    model = nn.Conv2d(8, 8, 3).to(memory_format=torch.channels_last)
    shift = {name: torch.ones(value.shape) for name, value in model.named_parameters()}
    correction = GradientCorrection.of(model, Steering(pull=1.0, shift=shift))
    assert correction is not None
    assert correction.constant[0].stride() == model.weight.stride()
