"""Whether Opacus' hooks compute the right gradient of each patient with a network: tried, not assumed."""

import structlog
import torch
from opacus.grad_sample import (  # type: ignore[import-untyped]  # opacus ships no types
    GradSampleModuleFastGradientClipping,
)
from opacus.validators import ModuleValidator  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn

import glsmed.client.training.differential_privacy.gradient_norms  # noqa: F401  # registers them with Opacus
from glsmed.client.training.steps.fine_tuning import trainable
from glsmed.shared.networks.frozen_norm import FrozenNorm

_KNOWN = (nn.Conv2d, nn.Linear, nn.GroupNorm, FrozenNorm)
_IMAGES = 2
_TOLERANCE = 0.01  # of a norm: a GPU's rounding is below


def hooks_are_exact(model: nn.Module, *, image_size_px: int) -> bool:
    """Whether the hooks' norms of two drawn images' gradients are those that each image has by itself.

    The model is on its device, with the layers of the round trainable; its weights and the global random state stay as
    they were.
    """
    unknown = sorted({type(module).__name__ for module in model.modules() if not _is_known(module)})
    if unknown or ModuleValidator.validate(model):
        structlog.get_logger().info("private_steps_one_by_one", unknown_layers=unknown)
        return False
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(_IMAGES, 1, image_size_px, image_size_px, generator=generator).to(device)
    try:
        got = _hooked_norms(model, images)
        expected = torch.stack([_norm(model, images[place : place + 1]) for place in range(_IMAGES)])
    except (RuntimeError, ValueError, NotImplementedError, AttributeError, KeyError, IndexError) as error:
        structlog.get_logger().info("private_steps_one_by_one", reason=str(error).split("\n", 1)[0])
        return False
    return got.shape == expected.shape and bool(((got - expected).abs() <= _TOLERANCE * expected).all())


def _is_known(module: nn.Module) -> bool:
    if not any(parameter.requires_grad for parameter in module.parameters(recurse=False)):
        return True
    if isinstance(module, nn.Conv2d) and (module.padding_mode != "zeros" or isinstance(module.padding, str)):
        return False
    return type(module) in _KNOWN


def _hooked_norms(model: nn.Module, images: Tensor) -> Tensor:
    private = GradSampleModuleFastGradientClipping(model.train(), max_grad_norm=1.0, use_ghost_clipping=True)
    try:
        images = images.clone().requires_grad_()
        loss = private(images).square().sum(1).mean()
        torch.autograd.backward(loss, inputs=[images])
        norms: Tensor = private.get_norm_sample()
        return norms
    finally:
        private.to_standard_module()


def _norm(model: nn.Module, image: Tensor) -> Tensor:
    loss: Tensor = model.train()(image).square().sum(1).mean()
    gradients = torch.autograd.grad(loss, trainable(model), materialize_grads=True)
    whole: Tensor = torch.stack([gradient.norm() for gradient in gradients]).norm()
    return whole
