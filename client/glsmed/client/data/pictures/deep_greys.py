"""A picture with all the greys of its file, for a viewer that has a window and level of its own."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glsmed.client.data.pictures.grey_scale import Line, Numbers

_GREATEST = 65_535  # of 16 bits
_BYTE = 255
_AS_THEY_ARE = Numbers()


@dataclass(frozen=True, slots=True)
class DeepGreys:
    """A picture whose greater values are brighter.

    Attributes:
        greys: ``(H, W)`` of uint8, or of uint16 where the file has more than 256 greys.
        black, white: the greys between which a viewer shows it at first.
        numbers: how a reader is told a grey.
    """

    greys: NDArray[np.uint8] | NDArray[np.uint16]
    black: float
    white: float
    numbers: Numbers

    @classmethod
    def of_values(
        cls, values: NDArray[np.integer], black: float, white: float, *, numbers: Numbers = _AS_THEY_ARE
    ) -> Self:
        """A picture of whole numbers, each difference between two of them kept while 16 bits are enough.

        Args:
            values: ``(H, W)``, also below zero.
            black: the value that is shown so; where it is greater than ``white``, the least value is white.
            white: the value that is shown so.
            numbers: how a reader is told a value.
        """
        least, greatest = min(0, int(values.min())), int(values.max())
        start, sign = (greatest, -1) if black > white else (least, 1)
        scale = _GREATEST / max(_GREATEST, greatest - least)
        greys = np.subtract(values, start, dtype=np.result_type(values.dtype, np.int32)) * sign
        if scale < 1:
            greys = np.rint(greys * scale)
        depth = np.uint8 if greatest - least <= _BYTE else np.uint16
        first, last = ((end - start) * sign * scale for end in (black, white))
        return cls(greys.astype(depth), first, last, numbers.after(Line(sign / scale, start)))

    def within(self, longest_px: int) -> Self:
        """The picture with a longer side of at most ``longest_px`` pixels; a smaller one stays as it is."""
        height, width = self.greys.shape
        scale = longest_px / max(height, width)
        if scale >= 1:
            return self
        size = max(1, round(width * scale)), max(1, round(height * scale))
        fine = Image.fromarray(self.greys.astype(np.float32)).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        most = np.iinfo(self.greys.dtype).max
        return replace(self, greys=np.rint(np.clip(np.asarray(fine), 0, most)).astype(self.greys.dtype))
