import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glsmed.client.labelling.pages.pictures import LONGEST_PX, SentPicture, sent_picture
from glsmed.shared.errors import DataError

DEEP = np.arange(4000, dtype=np.uint16).reshape(40, 100)


def read_back(sent: SentPicture) -> NDArray[np.integer]:
    """The greys ``(H, W)``, as the page reads them."""
    greys = np.frombuffer(sent.content, f"<u{sent.headers['X-Bytes']}")
    return greys.reshape(-1, int(sent.headers["X-Width"]))


NUMBERS = ("X-Slope", "X-Intercept", "X-Unit", "X-Margin")


def test_it_is_told_how_a_reader_knows_a_grey(write_dicom: Callable[..., Path], tmp_path: Path) -> None:
    elements = {"RescaleSlope": "0.5", "RescaleIntercept": "-1024", "RescaleType": "HU"}
    path = write_dicom(DEEP, **elements, WindowCenter="-500", WindowWidth="401")
    slope, intercept, unit, margin = (sent_picture(path).headers[name] for name in NUMBERS)
    assert (float(slope), float(intercept), unit, float(margin)) == (0.5, -1024, "HU", 1)
    Image.fromarray(DEEP * 16).save(tmp_path / "deep.png")
    assert [sent_picture(tmp_path / "deep.png").headers[name] for name in NUMBERS] == ["1", "0", "", "0"]


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_every_grey_of_a_dicom_file_arrives(write_dicom: Callable[..., Path], photometric: str) -> None:
    elements = {"PhotometricInterpretation": photometric, "WindowCenter": "1000.5", "WindowWidth": "401"}
    sent = sent_picture(write_dicom(DEEP, **elements))
    inverted = photometric == "MONOCHROME1"
    assert np.array_equal(read_back(sent), 3999 - DEEP if inverted else DEEP)
    black, white = (3999 - 1200, 3999 - 800) if inverted else (800, 1200)
    assert (float(sent.headers["X-Black"]), float(sent.headers["X-White"])) == (black, white)


def test_every_grey_of_a_deep_png_arrives(tmp_path: Path) -> None:
    Image.fromarray(DEEP * 16).save(tmp_path / "deep.png")
    sent = sent_picture(tmp_path / "deep.png")
    assert np.array_equal(read_back(sent), DEEP * 16)
    assert 0 < float(sent.headers["X-Black"]) < float(sent.headers["X-White"]) < 63984  # as training sees it


def test_eight_bits_stay_eight_bits(tmp_path: Path) -> None:
    greys = np.arange(40, 240, dtype=np.uint8).reshape(10, 20).repeat(2, axis=0)
    Image.fromarray(greys).save(tmp_path / "flat.png")
    sent = sent_picture(tmp_path / "flat.png")
    assert sent.content == greys.tobytes()
    assert (sent.headers["X-Bytes"], sent.headers["X-Black"], sent.headers["X-White"]) == ("1", "0.000", "255.000")


def test_a_large_picture_comes_smaller(tmp_path: Path) -> None:
    Image.new("L", (2 * LONGEST_PX, 32), 9).save(tmp_path / "wide.png")
    assert read_back(sent_picture(tmp_path / "wide.png")).shape == (16, LONGEST_PX)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    for grey in (3, 4):
        Image.new("L", (16, 16), grey).save(path)
        os.utime(path, ns=(grey, grey))
        assert sent_picture(path).content[0] == grey


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png: cannot be read"):
        sent_picture(tmp_path / "gone.png")
