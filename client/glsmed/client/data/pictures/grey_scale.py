"""From stored value to shown grey, as the headers say: rescale or Modality LUT, window or VOI LUT, and polarity.

Source: DICOM PS3.3, C.7.6.16 (rescale), C.11.2 (VOI), C.11.6 (presentation), and PS3.4, N.2.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.dicom_file import numbers, text
from glsmed.client.data.pictures.lookup_tables import LookupTable

Values = NDArray[np.float32]
Curve = Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class Line:
    """The curve ``slope * value + intercept``."""

    slope: float
    intercept: float

    def __call__(self, values: Values) -> Values:
        """The curve at the values, of any shape."""
        return values * np.float32(self.slope) + np.float32(self.intercept)

    def at(self, result: float) -> float:
        """The value that the curve brings to ``result``."""
        return (result - self.intercept) / self.slope

    def then(self, other: "Line") -> "Line":
        """This curve and after it the other one."""
        return Line(other.slope * self.slope, other.slope * self.intercept + other.intercept)


@dataclass(frozen=True, slots=True)
class GreyScale:
    """What the headers say about the way from stored values to greys.

    Attributes:
        modality: stored values to the detector's own units.
        voi: those to the shown range; None where the headers ask for nothing.
        voi_range: what ``voi`` gives for black and white; what a :class:`Line` gives beyond is cut.
        inverted: the least value is white.
    """

    modality: Curve
    voi: Curve | None
    voi_range: tuple[float, float]
    inverted: bool

    @classmethod
    def of(cls, dataset: Dataset) -> "GreyScale":
        """The grey scale of an image; what is blank, zero or no number counts as missing.

        Raises:
            DataError: a lookup table is damaged.
        """
        signed = numbers(dataset, "PixelRepresentation") == (1,)
        table = LookupTable.of(dataset, "ModalityLUTSequence", signed=signed)
        modality = _rescale(dataset) if table is None else table
        below_zero = signed or (table is None and min(numbers(dataset, "RescaleIntercept"), default=0.0) < 0)
        lookup = LookupTable.of(dataset, "VOILUTSequence", signed=below_zero)
        if lookup is not None:
            ends = float(lookup.entries.min()), float(lookup.entries.max())
            return cls(modality, lookup, ends, _is_inverted(dataset))
        return cls(modality, _window(dataset), (0.0, 1.0), _is_inverted(dataset))


def _rescale(dataset: Dataset) -> Curve:
    slope = next(iter(numbers(dataset, "RescaleSlope")), 1.0) or 1.0
    intercept = next(iter(numbers(dataset, "RescaleIntercept")), 0.0)
    return Line(slope, intercept)


def _window(dataset: Dataset) -> Curve | None:
    """The first window as a curve that runs from 0 to 1; None where there is none, or its width means nothing."""
    centres, widths = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    if not centres or not widths or widths[0] <= 0:
        return None
    centre, width = centres[0], widths[0]
    function = text(dataset, "VOILUTFunction").upper()
    if function == "SIGMOID":
        return lambda values: 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -80, 80), dtype=np.float32))
    if function != "LINEAR_EXACT" and width >= 1:  # LINEAR, also where the element is blank or something else
        centre, width = centre - 0.5, max(width - 1, 1e-3)  # a width of 1 is a threshold
    return Line(1 / width, 0.5 - centre / width)


def _is_inverted(dataset: Dataset) -> bool:
    """Whether the least value is white: by PresentationLUTShape, and where there is none by the photometry."""
    shape = text(dataset, "PresentationLUTShape").upper()
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
