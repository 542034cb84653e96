"""The loss under Opacus: per-sample gradients by hooks, clipped norms by ghost mode, with the real library."""

import pytest
import torch
from opacus import PrivacyEngine  # type: ignore[import-untyped]  # opacus ships no types
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from glsmed.shared.smoothing import GeneralizedLabelSmoothingLoss

pytestmark = pytest.mark.filterwarnings(
    "ignore:Secure RNG turned off:UserWarning",  # Opacus warns in every run without its secure generator
    "ignore:Full backward hook is firing:UserWarning",  # the first layer's input needs no gradient
)

_CLIP = 0.05


def _model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))


def _batch() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(8, 1, 8, 8, generator=generator)
    labels = torch.randint(0, 2, (8, 2), generator=generator).float()
    rates = torch.rand(8, 2, generator=generator) * 1.4 - 0.4
    weight = (torch.rand(8, 2, generator=generator) > 0.3).float()
    return images, labels, rates, weight


def _clipped_sum() -> list[torch.Tensor]:
    """Reference: each sample's gradient by autograd, scaled to the clipping norm, added up."""
    images, labels, rates, weight = _batch()
    model = _model()
    total = [torch.zeros_like(parameter) for parameter in model.parameters()]
    for one in range(len(images)):
        targets = labels[one] * (1 - rates[one]) + rates[one] / 2
        cells = F.binary_cross_entropy_with_logits(model(images[one : one + 1])[0], targets, reduction="none")
        gradient = torch.autograd.grad((cells * weight[one]).sum(), list(model.parameters()))
        norm = float(torch.stack([part.norm() for part in gradient]).norm())
        for place, part in enumerate(gradient):
            total[place] += part * min(1.0, _CLIP / (norm + 1e-6))
    return total


@pytest.mark.parametrize("mode", ["hooks", "ghost"])
def test_private_gradient_is_the_sum_of_clipped_gradients(mode: str) -> None:
    images, labels, rates, weight = _batch()
    model = _model()
    criterion = GeneralizedLabelSmoothingLoss(reduction="sum")
    made = PrivacyEngine(accountant="rdp").make_private(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=1.0),
        criterion=criterion,
        data_loader=DataLoader(TensorDataset(images), batch_size=8),
        noise_multiplier=0.0,
        max_grad_norm=_CLIP,
        loss_reduction="sum",
        poisson_sampling=False,
        grad_sample_mode=mode,
    )
    private, optimizer, loss_of = made[0], made[1], made[2] if mode == "ghost" else criterion
    before = [parameter.detach().clone() for parameter in private.parameters()]
    optimizer.zero_grad()
    loss_of(private(images), labels, rates, weight).backward()
    optimizer.step()
    for old, new, expected in zip(before, private.parameters(), _clipped_sum(), strict=True):
        assert torch.allclose(old - new, expected, atol=1e-5)
