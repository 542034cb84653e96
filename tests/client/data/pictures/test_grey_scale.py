"""Against the formulas and examples of DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.grey_scale import GreyScale, Line


def scale(**elements: object) -> GreyScale:
    dataset = Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return GreyScale.of(dataset)


def shown(values: list[float], **elements: object) -> list[float]:
    voi = scale(**elements).voi
    assert voi is not None
    return [float(value) for value in np.clip(voi(np.array(values, np.float32)), 0, 1)]


@pytest.mark.parametrize(
    ("centre", "width", "values", "expected"),
    [
        (2048, 4096, [-1, 0, 4095, 4096], [0, 0, 1, 1]),
        (2048, 1, [2047, 2048], [0, 1]),
        (0, 100, [-50, 0, 49], [0, 50 / 99, 1]),
        (0, 1, [-1, 0], [0, 1]),
    ],
)
def test_a_linear_window_is_that_of_the_standard(
    centre: float, width: float, values: list[float], expected: list[float]
) -> None:
    got = shown(values, WindowCenter=str(centre), WindowWidth=str(width))
    assert got == pytest.approx(expected, abs=2e-3)


def test_an_exact_window_has_no_half_pixel() -> None:
    got = shown([-50, 0, 50], WindowCenter="0", WindowWidth="100", VOILUTFunction="LINEAR_EXACT")
    assert got == pytest.approx([0, 0.5, 1])


def test_a_sigmoid_is_that_of_the_standard() -> None:
    got = shown([0, 40, 1e9, -1e9], WindowCenter="0", WindowWidth="80", VOILUTFunction="SIGMOID")
    assert got == pytest.approx([0.5, 1 / (1 + np.exp(-2)), 1, 0])


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME2", None, False),
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "IDENTITY", False),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME1", "", True),
    ],
)
def test_the_shape_decides_over_the_photometry(photometric: str, shape: str | None, inverted: bool) -> None:
    elements = {} if shape is None else {"PresentationLUTShape": shape}
    assert scale(PhotometricInterpretation=photometric, **elements).inverted is inverted


def test_two_lines_are_one() -> None:
    first, second = Line(-2, 100), Line(0.5, 7)
    both = first.then(second)
    values = np.array([-3, 0, 11], np.float32)
    assert both(values) == pytest.approx(second(first(values)))
    assert both.at(float(both(np.float32(4) + np.zeros(1, np.float32))[0])) == pytest.approx(4)
