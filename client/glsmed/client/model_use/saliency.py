"""Where on an image a finding's probability comes from: integrated gradients (Sundararajan et al., ICML 2017).

The logit is followed from a black image to the image itself, and each pixel gets its share of the change. Shares that
raise the logit are kept and blurred, since single pixels say nothing to a person. docs/using-the-model.md tells how the
method was chosen and what it was checked for.
"""

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]  # scipy ships no types
from torch import Tensor, nn

from glsmed.shared.pixels import BLACK, to_pixels

STEPS = 32  # from black to the image
_AT_ONCE = 16
_BLUR = 1 / 32  # of the side: standard deviation

Map = NDArray[np.float32]


def saliency_map(network: nn.Module, image: NDArray[np.uint8], *, place: int) -> Map:
    """``(S, S)`` in [0, 1]: how much each part of the image raises the logit of one finding; 1 is the most.

    All zeros where nothing raises it.

    Args:
        network: from images to logits, in evaluation mode, on the device where it is to run.
        image: ``(S, S)`` as the network takes it.
        place: of the finding among the outputs.
    """
    device = next(network.parameters()).device
    pixels = to_pixels(torch.tensor(image, device=device)[None, None])
    shares: Tensor = IntegratedGradients(network).attribute(
        pixels, baselines=torch.full_like(pixels, BLACK), target=place, n_steps=STEPS, internal_batch_size=_AT_ONCE
    )
    raising = shares[0, 0].clamp_min(0).detach().cpu().numpy().astype(np.float32)
    blurred: Map = gaussian_filter(raising, _BLUR * len(image))
    most = float(blurred.max())
    return blurred / most if most > 0 else blurred


def overlay(picture: NDArray[np.uint8], values: Map) -> NDArray[np.uint8]:
    """``(S, S, 3)``: the picture ``(S, S)`` in grey, with orange where the map ``(S, S)`` in [0, 1] is high."""
    strength = 0.7 * values[..., None]
    coloured = (1 - strength) * picture[..., None] + strength * np.array([255.0, 120.0, 0.0])
    return np.asarray(np.rint(coloured), dtype=np.uint8)
