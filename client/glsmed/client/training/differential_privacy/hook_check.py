"""Whether each patient's gradient can be had from a shared pass through a network: tried, not assumed."""

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.layer_passes import (
    has_trainable_weights,
    noted_passes,
    output_gradients,
)
from glsmed.client.training.differential_privacy.patient_gradients import (
    LAYERS,
    Owners,
    PatientGradients,
    patient_gradients,
)
from glsmed.client.training.differential_privacy.patient_steps import norms_of
from glsmed.client.training.steps.fine_tuning import trainable

_IMAGES = 2
_TOLERANCE = 0.01  # of a norm: a GPU's rounding is below


def hooks_are_exact(model: nn.Module, *, image_size_px: int) -> bool:
    """Whether the norms of two drawn images' gradients from a shared pass are those that each image has by itself.

    The model is on its device, with the layers of the round trainable; its weights and the global random state stay as
    they were.
    """
    unknown = sorted({type(one).__name__ for one in model.modules() if has_trainable_weights(one) and not _known(one)})
    if unknown:
        structlog.get_logger().info("private_steps_one_by_one", unknown_layers=unknown)
        return False
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(_IMAGES, 1, image_size_px, image_size_px, generator=generator).to(device)
    try:
        got = _shared_norms(model, images)
        expected = torch.stack([_norm(model, images[place : place + 1]) for place in range(_IMAGES)]).double()
    except (RuntimeError, ValueError, NotImplementedError, AttributeError, KeyError, IndexError) as error:
        structlog.get_logger().info("private_steps_one_by_one", reason=str(error).split("\n", 1)[0])
        return False
    return got.shape == expected.shape and bool(((got - expected).abs() <= _TOLERANCE * expected).all())


def _known(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Conv2d) and (layer.padding_mode != "zeros" or isinstance(layer.padding, str)):
        return False
    return type(layer) in LAYERS


def _shared_norms(model: nn.Module, images: Tensor) -> Tensor:
    with noted_passes(model.train()) as passes:
        loss = model(images).square().sum()
    found, owners = list[PatientGradients](), Owners((1,) * len(images))
    for one, outputs in zip(passes, output_gradients(loss, passes), strict=True):
        if outputs is not None:
            found.extend(patient_gradients(one, outputs, owners))
    return norms_of(found, len(images), images.device)


def _norm(model: nn.Module, image: Tensor) -> Tensor:
    loss: Tensor = model.train()(image).square().sum(1).mean()
    gradients = torch.autograd.grad(loss, trainable(model), materialize_grads=True)
    whole: Tensor = torch.stack([gradient.norm() for gradient in gradients]).norm()
    return whole
