import pytest
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.layer_passes import noted_passes, output_gradients


def test_passes_are_noted_in_order_and_nothing_stays_on_the_model() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    inputs = torch.randn(5, 3)
    with noted_passes(model) as passes:
        loss = model(inputs).square().sum()
    assert [one.layer for one in passes] == [model[0], model[2]]
    assert torch.equal(passes[0].inputs, inputs)
    gradients = output_gradients(loss, passes)
    assert [None if one is None else tuple(one.shape) for one in gradients] == [(5, 4), (5, 2)]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_the_gradient_is_by_the_output_itself_also_where_it_is_overwritten() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True))
    with noted_passes(model) as passes:
        loss = model(torch.randn(5, 3)).sum()
    (outputs,) = output_gradients(loss, passes)
    assert outputs is not None
    assert set(outputs.flatten().tolist()) <= {0.0, 1.0}
    assert 0.0 in outputs


def test_a_layer_that_does_not_learn_is_not_noted() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    with noted_passes(model) as passes:
        model(torch.randn(5, 3))
    assert [one.layer for one in passes] == [model[1]]


class Overwrites(nn.Module):
    """Changes a layer's input after the layer saw it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x * 1
        y: Tensor = self.fc(x.detach())
        x.add_(1)
        return y + x


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.fc(x))
        return y


@pytest.mark.parametrize(("model", "reason"), [(Twice(), "twice"), (Overwrites(), "overwritten")])
def test_what_gradients_do_not_follow_from_is_refused(model: nn.Module, reason: str) -> None:
    with noted_passes(model) as passes:
        loss = model(torch.randn(5, 3)).sum()
    with pytest.raises(ValueError, match=reason):
        output_gradients(loss, passes)
