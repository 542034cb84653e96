"""Where on an image a finding's probability comes from: integrated gradients (Sundararajan et al., ICML 2017).

The logit is followed from the site's average image to the image itself, and each pixel gets its share of the change.
The shares are blurred first, so that those of noise cancel, and then only what raises the logit is kept.
docs/using-the-model.md tells how the method was chosen and what it was checked for.
"""

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]  # scipy ships no types
from torch import Tensor, nn

from glsmed.shared.pixels import to_pixels

STEPS = 32  # from the average image to the image
_AT_ONCE = 16
_BLUR = 1 / 32  # of the side: standard deviation

Map = NDArray[np.float32]


def saliency_map(network: nn.Module, image: NDArray[np.uint8], average: Tensor | None = None, *, place: int) -> Map:
    """``(S, S)`` in [0, 1]: how much each part of the image raises the logit of one finding; 1 is the most.

    All zeros where nothing raises it.

    Args:
        network: from images to logits, in evaluation mode, on the device where it is to run.
        image: ``(S, S)`` as the network takes it.
        average: ``(S, S)`` of the site's training images, in 0 to 255; None for black.
        place: of the finding among the outputs.
    """
    device = next(network.parameters()).device
    pixels = to_pixels(torch.tensor(image, device=device)[None, None])
    start = torch.zeros(image.shape) if average is None else average.clone()
    shares: Tensor = IntegratedGradients(network).attribute(
        pixels,
        baselines=to_pixels(start.to(device)[None, None]),
        target=place,
        n_steps=STEPS,
        internal_batch_size=_AT_ONCE,
    )
    blurred = gaussian_filter(shares[0, 0].detach().cpu().numpy().astype(np.float32), _BLUR * len(image))
    raising: Map = np.maximum(blurred, 0)
    most = float(raising.max())
    return raising / most if most > 0 else raising


def overlay(picture: NDArray[np.uint8], values: Map) -> NDArray[np.uint8]:
    """``(S, S, 3)``: the picture ``(S, S)`` in grey, with orange where the map ``(S, S)`` in [0, 1] is high."""
    strength = 0.7 * values[..., None]
    coloured = (1 - strength) * picture[..., None] + strength * np.array([255.0, 120.0, 0.0])
    return np.asarray(np.rint(coloured), dtype=np.uint8)
