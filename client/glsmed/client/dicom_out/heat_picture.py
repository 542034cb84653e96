"""A radiograph with a heat map in colour over it and the words beneath: plain pixels, no DICOM."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_STRONGEST = 0.6  # of the colour over the grey, where the map is 1
_LINE_SHARE = 32  # of the picture's side that a line of text takes
_SMALLEST_LINE_PX = 12
_COLOURS = "inferno"
_BAR_STEPS = 256
Picture = NDArray[np.uint8]


def heat_picture(grey: Picture, heat: NDArray[np.floating], lines: Sequence[str]) -> Picture:
    """``(H + legend, W, 3)``: the radiograph with its heat map, and below a colour bar and ``lines``.

    Args:
        grey: ``(H, W)``, the radiograph.
        heat: of any size, 0 to 1 over the same area as ``grey``; 0 leaves the grey as it is.
        lines: what stands below the picture; the first begins at the colour bar.

    Raises:
        ValueError: the map is not two-dimensional or leaves 0 to 1.
    """
    return np.concatenate([_overlaid(grey, _checked(heat)), _legend(grey.shape[1], lines)])


def _checked(heat: NDArray[np.floating]) -> NDArray[np.float32]:
    values = np.asarray(heat, dtype=np.float32)
    if values.ndim != 2 or not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"expected a heat map (H, W) from 0 to 1, got shape {values.shape}")
    return values


def _overlaid(grey: Picture, heat: NDArray[np.float32]) -> Picture:
    height, width = grey.shape
    map_image = Image.fromarray(heat).resize((width, height), Image.Resampling.BILINEAR)
    spread = np.clip(np.asarray(map_image), 0, 1)
    colour = colormaps[_COLOURS](spread)[..., :3] * 255
    share = _STRONGEST * spread[..., None]
    return np.asarray(np.rint((1 - share) * grey[..., None] + share * colour), dtype=np.uint8)


def _legend(width: int, lines: Sequence[str]) -> Picture:
    line_px = max(_SMALLEST_LINE_PX, width // _LINE_SHARE)
    font = _fitting_font(width - line_px, lines, line_px)
    strip = Image.new("RGB", (width, line_px * (len(lines) + 2)))
    strip.paste(_bar(width, line_px), (0, 0))
    draw = ImageDraw.Draw(strip)
    draw.text((2, line_px // 8), "0", fill="white", font=font)
    draw.text((width - 2, line_px // 8), "1", fill="black", font=font, anchor="ra")
    for number, line in enumerate(lines):
        draw.text((line_px // 2, line_px * (number + 1.4)), line, fill="white", font=font)
    return np.asarray(strip)


def _bar(width: int, height: int) -> Image.Image:
    """The colours as they lie over black at each value, 0 at the left."""
    steps = np.linspace(0, 1, _BAR_STEPS)
    colours = colormaps[_COLOURS](steps)[:, :3] * 255
    return Image.fromarray(np.rint(colours).astype(np.uint8)[None]).resize((width, height))


def _fitting_font(width: int, lines: Sequence[str], line_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The largest font, up to a line's height, with which every line fits; words are never cut off."""
    for size in range(int(line_px * 0.8), 5, -1):
        font = ImageFont.load_default(size)
        if all(font.getlength(line) <= width for line in lines):
            return font
    return ImageFont.load_default(6)
