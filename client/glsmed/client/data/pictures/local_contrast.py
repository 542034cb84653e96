"""Contrast-limited adaptive histogram equalization (CLAHE).

Source: K. Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV (1994), 474-485.
"""

import numpy as np
from numpy.typing import NDArray

_TILES = 8  # a side
_CLIP = 2.0  # most that a histogram's bin may hold, in mean bins: it limits how steep the curve of a tile becomes
_GREYS = 256


def equalize_locally(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture ``(H, W)`` with each region's contrast spread over the grey scale, within limits."""
    curves = _curves(picture)
    (top, bottom, down), (left, right, across) = (_between_tiles(side) for side in picture.shape)
    rows = [_blend(curves, picture, place, left, right, across) for place in (top, bottom)]
    blended = rows[0] * (1 - down[:, None]) + rows[1] * down[:, None]
    return np.rint(blended).astype(np.uint8)


def _curves(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A curve ``(T, T, 256)`` for each tile: its clipped cumulative histogram."""
    bands = np.array_split(picture, _TILES, axis=0)
    return np.stack([[_curve(tile) for tile in np.array_split(band, _TILES, axis=1)] for band in bands])


def _curve(tile: NDArray[np.uint8]) -> NDArray[np.float32]:
    counts = np.bincount(tile.ravel(), minlength=_GREYS).astype(np.float32)
    limit = max(1.0, _CLIP * tile.size / _GREYS)
    clipped = np.minimum(counts, limit)
    clipped += (counts.sum() - clipped.sum()) / _GREYS
    return np.asarray((np.cumsum(clipped) * (_GREYS - 1) / max(tile.size, 1)).clip(0, _GREYS - 1), dtype=np.float32)


def _between_tiles(side: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each row or column the tiles whose centres lie around it, and how near it is to the second."""
    places = np.clip((np.arange(side) + 0.5) * _TILES / side - 0.5, 0, _TILES - 1)
    first = np.floor(places).astype(np.intp)
    return first, np.minimum(first + 1, _TILES - 1), (places - first).astype(np.float32)


def _blend(
    curves: NDArray[np.float32],
    picture: NDArray[np.uint8],
    rows: NDArray[np.intp],
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    across: NDArray[np.float32],
) -> NDArray[np.float32]:
    near = curves[rows[:, None], left[None, :], picture]
    far = curves[rows[:, None], right[None, :], picture]
    return np.asarray(near * (1 - across) + far * across, dtype=np.float32)
