import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.client.data.image_suspicions import RADIOGRAPHS
from glsmed.client.data.images import read_image
from glsmed.client.model_use.checked_picture import CheckedPicture, check_picture, read_ahead
from glsmed.client.model_use.input_images import InputImage

GREYS = np.arange(400, dtype=np.uint16).reshape(20, 20)


MAKE = partial(read_image, size_px=20)


def _input(path: Path) -> InputImage:
    return InputImage("s1", path.name, path)


def _checked(path: Path, modalities: Sequence[str] = RADIOGRAPHS) -> CheckedPicture:
    return check_picture(_input(path), make=MAKE, modalities=modalities)


def test_a_radiograph_has_its_pixels_and_nothing_to_say(write_dicom: Callable[..., Path]) -> None:
    picture = _checked(write_dicom(GREYS))
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
    picture = _checked(write_dicom(GREYS, **elements))
    assert picture.pixels is not None
    assert note in " ".join(picture.notes)


@pytest.mark.parametrize(
    ("pixels", "elements", "reason"),
    [(GREYS, {"Modality": "CT"}, "Modality is CT"), (np.full((20, 20), 7, np.uint16), {}, "same grey")],
)
def test_what_no_probability_can_be_about_is_refused(
    write_dicom: Callable[..., Path], pixels: np.ndarray, elements: dict[str, str], reason: str
) -> None:
    picture = _checked(write_dicom(pixels, **elements))
    assert picture.pixels is None
    assert reason in picture.refused


@pytest.mark.parametrize(("modalities", "is_taken"), [(RADIOGRAPHS, False), (("MG",), True), (("DX",), False)])
def test_the_modalities_are_those_of_the_site(
    write_dicom: Callable[..., Path], modalities: Sequence[str], is_taken: bool
) -> None:
    assert bool(_checked(write_dicom(GREYS, Modality="MG"), modalities).refused) is not is_taken


def test_a_file_that_cannot_be_read_says_why_once(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    refused = _checked(path).refused
    assert refused
    assert str(path) not in refused
    assert _checked(tmp_path / "gone.png").refused.startswith("cannot be read")


def test_what_is_wrong_with_a_name_is_the_reason(tmp_path: Path) -> None:
    named = InputImage("s1", "a.png", tmp_path / "a.png", problem="no such file: a.png")
    assert check_picture(named, make=MAKE).refused == "no such file: a.png"


def test_whoever_stops_early_does_not_wait_for_the_rest(tmp_path: Path) -> None:
    begun: list[str] = []

    def slow(image: InputImage) -> str:
        begun.append(image.image)
        time.sleep(0.05)
        return image.image

    images = [_input(tmp_path / f"{number}.png") for number in range(400)]
    pictures = read_ahead(images, slow)
    assert next(pictures) == "0.png"
    pictures.close()  # type: ignore[attr-defined]  # a generator
    assert len(begun) < 100


def test_the_order_of_many_is_kept(tmp_path: Path) -> None:
    paths = []
    for number in range(60):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((20, 20), number, np.uint8) + np.eye(20, dtype=np.uint8)).save(paths[-1])
    found = [picture.source.path for picture in read_ahead(map(_input, paths), partial(check_picture, make=MAKE))]
    assert found == paths
