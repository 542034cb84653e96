"""How grey values enter a network: training, prediction and an exported model all bring them to the same range."""

from torch import Tensor

PIXEL_MEAN, PIXEL_SCALE = 0.5, 0.25  # uint8 / 255 is brought to about mean 0 and deviation 1
BLACK = -PIXEL_MEAN / PIXEL_SCALE  # what to_pixels makes of 0


def to_pixels(images: Tensor) -> Tensor:
    """uint8 ``(N, 1, S, S)`` as float32 with about mean 0 and deviation 1."""
    return images.float().mul_(1 / 255).sub_(PIXEL_MEAN).div_(PIXEL_SCALE)
