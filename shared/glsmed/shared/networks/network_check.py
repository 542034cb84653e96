"""Whether a network can be trained by several hospitals: tried on drawn images, with the network itself.

Averages of models mean something, and a patient's gradient is that patient's own, only if what a network says of an
image does not depend on the images beside it, nor on images that it has seen. A round that is repeated ends as it did
only if nothing is drawn by chance.
"""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from glsmed.shared.errors import NetworkError
from glsmed.shared.networks.parts import head_modules

_IMAGES = 3
_LARGEST_SIDE = 64  # of the drawn images, where the network takes any size
_TOLERANCE = 1e-3  # of the largest feature; rounding is below, statistics of a batch far above
_SMALL = 0.1  # weights that begin so small would hide what a branch does


def require_trainable(model: nn.Module, *, image_size_px: int, name: str) -> None:
    """Return if a network can be trained by several hospitals; the global random state is left as it was.

    Args:
        model: on the CPU; it stays as it is.
        image_size_px: of the study.
        name: what to call the network in an error.

    Raises:
        NetworkError: with every reason against it.
    """
    tried = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _wake(tried)
        side = image_size_px if _has_fixed_size(tried) else min(image_size_px, _LARGEST_SIDE)
        try:
            reasons = list(_reasons(tried, torch.randn(_IMAGES, 1, side, side)))
        except (RuntimeError, ValueError, TypeError, AssertionError, IndexError) as error:
            reasons = [f"images of {side} x {side} pixels do not pass through it: {error}"]
    if reasons:
        raise NetworkError(f"{name} cannot be trained by several hospitals: {'; '.join(reasons)}")


def _has_fixed_size(model: nn.Module) -> bool:
    return bool(getattr(model, "pretrained_cfg", {}).get("fixed_input_size", False))


@torch.no_grad()
def _wake(model: nn.Module) -> None:
    """Give branches that begin switched off, by a factor of almost 0, a part in what the network says."""
    for parameter in model.parameters():
        if float(parameter.abs().max()) < _SMALL and float(parameter.max() - parameter.min()) == 0:
            parameter.uniform_(0.5, 1)


def _reasons(model: nn.Module, images: Tensor) -> Iterator[str]:
    features = _features_of(model)
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    model.train()
    first = features(images)
    if not _same(first, features(images)):
        yield "it says something else of the same images when it is asked again: dropout, or statistics that run along"
    if not _same(first[:1], features(torch.cat([images[:1], 3 * images[1:] + 1]))[:1]):
        yield "what it says of an image depends on the images beside it in the batch"
    if not _same(first, features(images, training=False)):
        yield "it computes something else in training than in use"
    changed = [name for name, value in model.named_buffers() if not torch.equal(value, buffers[name])]
    if changed:
        yield f"it keeps statistics of the images that it has seen: {changed[0]}"


def _features_of(model: nn.Module) -> Callable[..., Tensor]:
    """What goes into the head: logits may begin as zeros, whatever the image."""
    head, seen = model.get_submodule(head_modules(model)[0]), list[Tensor]()
    head.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))

    @torch.no_grad()
    def features(images: Tensor, *, training: bool = True) -> Tensor:
        seen.clear()
        logits = model.train(training)(images)
        if not isinstance(logits, Tensor) or logits.ndim != 2 or {len(logits), len(seen[0])} != {len(images)}:  # N, K
            raise ValueError(f"expected one row of logits and of features for each of {len(images)} images")
        return seen[0]

    return features


def _same(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= _TOLERANCE * one.abs().max())
