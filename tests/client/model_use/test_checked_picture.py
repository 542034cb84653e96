from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.client.model_use.checked_picture import check_picture, checked_pictures
from glsmed.client.model_use.input_images import InputImage

GREYS = np.arange(400, dtype=np.uint16).reshape(20, 20)


def _input(path: Path) -> InputImage:
    return InputImage("s1", path.name, path)


def test_a_radiograph_has_its_pixels_and_nothing_to_say(write_dicom: Callable[..., Path]) -> None:
    picture = check_picture(_input(write_dicom(GREYS)), size_px=20)
    assert picture.pixels is not None
    assert (picture.refused, picture.notes) == ("", ())


@pytest.mark.parametrize(
    ("elements", "note"),
    [
        ({"ViewPosition": "LL"}, "lateral"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "FOR PROCESSING"),
        ({"BodyPartExamined": "KNEE"}, "KNEE"),
    ],
)
def test_what_a_person_must_know_is_noted(
    write_dicom: Callable[..., Path], elements: dict[str, str], note: str
) -> None:
    picture = check_picture(_input(write_dicom(GREYS, **elements)), size_px=20)
    assert picture.pixels is not None
    assert note in " ".join(picture.notes)


@pytest.mark.parametrize(
    ("pixels", "elements", "reason"),
    [(GREYS, {"Modality": "CT"}, "Modality is CT"), (np.full((20, 20), 7, np.uint16), {}, "same grey")],
)
def test_what_no_probability_can_be_about_is_refused(
    write_dicom: Callable[..., Path], pixels: np.ndarray, elements: dict[str, str], reason: str
) -> None:
    picture = check_picture(_input(write_dicom(pixels, **elements)), size_px=20)
    assert picture.pixels is None
    assert reason in picture.refused


def test_a_file_that_cannot_be_read_says_why_once(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    refused = check_picture(_input(path), size_px=20).refused
    assert refused
    assert str(path) not in refused
    assert check_picture(_input(tmp_path / "gone.png"), size_px=20).refused.startswith("cannot be read")


def test_the_order_of_many_is_kept(tmp_path: Path) -> None:
    paths = []
    for number in range(60):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((20, 20), number, np.uint8) + np.eye(20, dtype=np.uint8)).save(paths[-1])
    found = [picture.source.path for picture in checked_pictures(map(_input, paths), size_px=20)]
    assert found == paths
