"""Each reason against a network, with a network that has it."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.shared.errors import NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.network_check import require_trainable
from glsmed.shared.protocol.network_settings import ARCHITECTURES


class Network(nn.Module):
    """A convolution, a layer between, and a head that begins at zero: its logits tell nothing."""

    def __init__(self, between: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=4)
        self.between = between
        self.fc = nn.Linear(4, 2)
        nn.init.zeros_(self.fc.weight)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.between(self.conv(x)).mean((2, 3)))
        return logits


class Chance(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5, self.training)


class LooksAcross(nn.Module):
    """The batch's deviation, as discriminators have it; nothing is kept, and training is like use."""

    def forward(self, x: Tensor) -> Tensor:
        return x + x.std(0, keepdim=True)


class SwitchedOff(nn.Module):
    """The same on a branch that begins with a factor of almost 0."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((4, 1, 1), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gamma * x.std(0, keepdim=True)


class Counts(nn.Module):
    """Keeps a mean of what it has seen, and does not use it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.get_buffer("seen").add_(x.mean())
        return x


class OnlyInTraining(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x if self.training else x


def reasons_against(model: nn.Module) -> str:
    with pytest.raises(NetworkError, match="the network cannot be trained by several hospitals: ") as caught:
        require_trainable(model, image_size_px=32, name="the network")
    return str(caught.value)


@pytest.mark.parametrize("between", [nn.Identity(), nn.GroupNorm(2, 4), nn.ReLU()])
def test_a_network_that_looks_at_each_image_alone_is_taken(between: nn.Module) -> None:
    require_trainable(Network(between), image_size_px=32, name="the network")


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        (Chance(), "it says something else of the same images when it is asked again"),
        (LooksAcross(), "what it says of an image depends on the images beside it in the batch"),
        (SwitchedOff(), "what it says of an image depends on the images beside it in the batch"),
        (nn.BatchNorm2d(4), "what it says of an image depends on the images beside it in the batch"),
        (Counts(), "it keeps statistics of the images that it has seen: between.seen"),
        (OnlyInTraining(), "it computes something else in training than in use"),
        (nn.Flatten(0, 1), "do not pass through it"),
    ],
)
def test_every_reason_is_found(between: nn.Module, reason: str) -> None:
    assert reason in reasons_against(Network(between))


def test_all_reasons_come_at_once() -> None:
    assert reasons_against(Network(nn.BatchNorm2d(4))).count(";") == 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_our_own_networks_are_taken(architecture: str) -> None:
    require_trainable(build_model(architecture, n_findings=2, seed=0), image_size_px=32, name=architecture)


def test_the_network_and_the_random_state_stay_as_they_were() -> None:
    model = Network(nn.BatchNorm2d(4)).eval()
    before, random = {name: value.clone() for name, value in model.state_dict().items()}, torch.get_rng_state()
    reasons_against(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.training
    assert torch.equal(torch.get_rng_state(), random)
