"""From stored value to shown grey, as the headers say: rescale or Modality LUT, window or VOI LUT, and polarity.

Source: DICOM PS3.3, C.7.6.16 (rescale), C.8.2.1 and C.11.1 (units), C.11.2 (VOI), C.11.6 (presentation), and PS3.4,
N.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.dicom_file import numbers, text
from glsmed.client.data.pictures.lookup_tables import LookupTable

Values = NDArray[np.float32]
Curve = Callable[[Values], Values]
Unit = Literal["", "HU", "%"]  # "" for values that the file gives no unit, "%" of the range of its own curve


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

    def back(self) -> "Line":
        """The curve from results to values."""
        return Line(1 / self.slope, -self.intercept / self.slope)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How values are told to a reader.

    Attributes:
        line: from values to the numbers that are told.
        unit: of these numbers.
        margin: by how much the width of a window is greater than the way from black to white: 1 where the file counts
            as the function LINEAR does, whose centre then lies half of that above the middle.
    """

    line: Line = Line(1.0, 0.0)
    unit: Unit = ""
    margin: float = 0.0

    def after(self, line: Line) -> "Numbers":
        """The same numbers for the values that the line brings to the present ones."""
        return Numbers(line.then(self.line), self.unit, self.margin)


@dataclass(frozen=True, slots=True)
class GreyScale:
    """What the headers say about the way from stored values to greys.

    Attributes:
        modality: stored values to the detector's own units.
        voi: those to the shown range; None where the headers ask for nothing.
        voi_range: what ``voi`` gives for black and white; what a :class:`Line` gives beyond is cut.
        inverted: the least value is white.
        unit: what ``modality`` gives.
        margin: of the file's window, see :class:`Numbers`.
    """

    modality: Curve
    voi: Curve | None
    voi_range: tuple[float, float]
    inverted: bool
    unit: Unit
    margin: float

    @classmethod
    def of(cls, dataset: Dataset) -> "GreyScale":
        """The grey scale of an image; what is blank, zero or no number counts as missing.

        Raises:
            DataError: a lookup table is damaged.
        """
        signed = numbers(dataset, "PixelRepresentation") == (1,)
        table = LookupTable.of(dataset, "ModalityLUTSequence", signed=signed)
        modality = _rescale(dataset) if table is None else table
        inverted, unit = _is_inverted(dataset), _unit(dataset)
        below_zero = signed or (table is None and min(numbers(dataset, "RescaleIntercept"), default=0.0) < 0)
        lookup = LookupTable.of(dataset, "VOILUTSequence", signed=below_zero)
        if lookup is not None:
            ends = float(lookup.entries.min()), float(lookup.entries.max())
            return cls(modality, lookup, ends, inverted, unit, 0.0)
        window, margin = _window(dataset)
        return cls(modality, window, (0.0, 1.0), inverted, unit, margin)


def _rescale(dataset: Dataset) -> Curve:
    slope = next(iter(numbers(dataset, "RescaleSlope")), 1.0) or 1.0
    intercept = next(iter(numbers(dataset, "RescaleIntercept")), 0.0)
    return Line(slope, intercept)


def _unit(dataset: Dataset) -> Unit:
    """Hounsfield units where the headers say so, or where a CT's own slices without a type can mean nothing else."""
    tables = dataset.get("ModalityLUTSequence")
    kind = text(tables[0], "ModalityLUTType") if tables else text(dataset, "RescaleType")
    if kind or tables:
        return "HU" if kind.upper() == "HU" else ""
    image = text(dataset, "ImageType").upper()
    is_slice = text(dataset, "Modality").upper() == "CT" and not ("DERIVED" in image or "LOCALIZER" in image)
    return "HU" if is_slice and numbers(dataset, "RescaleIntercept") else ""


def _window(dataset: Dataset) -> tuple[Curve | None, float]:
    """The first window as a curve that runs from 0 to 1, and its margin; None where its width means nothing."""
    centres, widths = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    if not centres or not widths or widths[0] <= 0:
        return None, 0.0
    centre, width = centres[0], widths[0]
    function = text(dataset, "VOILUTFunction").upper()
    if function == "SIGMOID":
        return lambda values: 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -80, 80), dtype=np.float32)), 0.0
    margin = 0.0
    if function != "LINEAR_EXACT" and width >= 1:  # LINEAR, also where the element is blank or something else
        centre, width, margin = centre - 0.5, max(width - 1, 1e-3), 1.0  # a width of 1 is a threshold
    return Line(1 / width, 0.5 - centre / width), margin


def _is_inverted(dataset: Dataset) -> bool:
    """Whether the least value is white: by PresentationLUTShape, and where there is none by the photometry."""
    shape = text(dataset, "PresentationLUTShape").upper()
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
