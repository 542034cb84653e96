"""Images out of one update of a model, by the optimisation of Geiping et al., "Inverting gradients" (NeurIPS 2020).

Images are sought whose gradient points where the update points: one minus the cosine of the two, plus the images'
total variation, is made small by Adam, which is given signs alone. How long an update is does not matter, so the
learning rate need not be known. The labels are given, as in the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glsmed.shared.smoothing import soft_target_loss

_SLOWER = 0.1  # times the step length, at each of these shares of the way
_WHEN = (3 / 8, 5 / 8, 7 / 8)


@dataclass(frozen=True, slots=True)
class Search:
    """How images are sought.

    Attributes:
        steps: of Adam.
        length: of a step, in the units of ``to_pixels``.
        smoothness: weight of the total variation.
        low: darkest value that an image has, and ``high`` its brightest.
    """

    steps: int
    length: float
    smoothness: float
    low: float
    high: float


def inverted(model: nn.Module, update: Sequence[Tensor], targets: Tensor, start: Tensor, search: Search) -> Tensor:
    """``(N, 1, S, S)`` the images whose gradient points most nearly where an update points.

    Args:
        model: that the update began with.
        update: for each parameter, weights before less weights after.
        targets: ``(N, K)`` of the images.
        start: ``(N, 1, S, S)`` where the search begins.
        search: how long, and for what.
    """
    images = start.clone().requires_grad_()
    adam = torch.optim.Adam([images], lr=search.length)
    places = [round(search.steps * share) for share in _WHEN]
    slower = torch.optim.lr_scheduler.MultiStepLR(adam, milestones=places, gamma=_SLOWER)
    for _ in range(search.steps):
        cost = _angle(model, update, images, targets) + search.smoothness * total_variation(images)
        images.grad = torch.autograd.grad(cost, images)[0].sign()
        adam.step()
        slower.step()
        with torch.no_grad():
            images.clamp_(search.low, search.high)
    return images.detach()


def _angle(model: nn.Module, update: Sequence[Tensor], images: Tensor, targets: Tensor) -> Tensor:
    """One minus the cosine of the angle between the images' gradient and the update."""
    loss = soft_target_loss(model(images), targets)
    gradient = torch.autograd.grad(loss, list(model.parameters()), create_graph=True)
    product = torch.stack([(mine * given).sum() for mine, given in zip(gradient, update, strict=True)]).sum()
    return 1 - product / (_length(gradient) * _length(update))


def _length(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([one.square().sum() for one in tensors]).sum().sqrt()


def total_variation(images: Tensor) -> Tensor:
    """The mean absolute difference of neighbours, down and across added up."""
    down = (images[..., 1:, :] - images[..., :-1, :]).abs().mean()
    across = (images[..., :, 1:] - images[..., :, :-1]).abs().mean()
    return down + across


def labels_read(update: Sequence[Tensor]) -> Tensor:
    """``(K,)`` bool, whether each finding is likelier present: its bias, the last parameter of the model, has risen.

    The gradient of a bias is what the model said less the label, so for one image and one step the sign is the label.
    """
    return update[-1] < 0
