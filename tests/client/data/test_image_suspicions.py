import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.client.data.image_facts import ImageFacts
from glsmed.client.data.image_suspicions import suspicions

CHEST = ImageFacts("DICOM", 64, 64, modality="DX", body_part="CHEST", view="PA", presentation_intent="FOR PRESENTATION")
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)


def kinds(facts: ImageFacts, picture: NDArray[np.uint8] | None = None) -> list[str]:
    return [suspicion.kind for suspicion in suspicions(facts, picture)]


def dicom(**facts: str | bool) -> ImageFacts:
    return ImageFacts("DICOM", **facts)  # type: ignore[arg-type]  # the names and types are those of the cases below


def test_a_frontal_chest_film_is_not_suspicious() -> None:
    assert kinds(CHEST, NOISE) == []


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"modality": "CR", "body_part": "THORAX", "view": "AP"},
        {"modality": "DX", "body_part": "胸部"},
        {"modality": "DX", "body_part": "TORAX", "view": "PA", "laterality": "L"},
        {"modality": "CR", "description": "Chest PA, left shoulder low"},
        {"modality": "CR", "description": "plates PA"},
        {"modality": "CR", "patient_orientation": "L\\F"},
    ],
)
def test_usual_and_missing_words_are_not_suspicious(facts: dict[str, str]) -> None:
    assert kinds(dicom(**facts)) == []


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"modality": "CT"}, "modality"),
        ({"modality": "MR"}, "modality"),
        ({"modality": "US"}, "modality"),
        ({"modality": "DX", "body_part": "KNEE"}, "body_part"),
        ({"modality": "DX", "description": "Knee_left AP"}, "body_part"),
        ({"modality": "DX", "description": "膝 正面"}, "body_part"),
        ({"modality": "DX", "body_part": "CHEST", "view": "LL"}, "view"),
        ({"modality": "DX", "body_part": "CHEST", "view": "LATERAL"}, "view"),
        ({"modality": "DX", "body_part": "CHEST", "view": "LEFT LATERAL"}, "view"),
        ({"modality": "DX", "description": "Chest_LAT"}, "view"),
        ({"modality": "DX", "description": "胸部側面"}, "view"),
        ({"modality": "DX", "patient_orientation": "A\\F"}, "view"),
        ({"modality": "DX", "presentation_intent": "FOR PROCESSING"}, "for_processing"),
        ({"modality": "DX", "secondary_capture": True}, "screenshot"),
        ({"modality": "DX", "burned_in_annotation": True}, "annotated"),
    ],
)
def test_each_thing_is_named_alone(facts: dict[str, str | bool], kind: str) -> None:
    assert kinds(dicom(**facts)) == [kind]


def test_a_study_about_ultrasound_expects_ultrasound() -> None:
    scan = ImageFacts("DICOM", modality="US", body_part="BREAST")
    assert suspicions(scan, modalities=("US",)) == ()
    (suspicion,) = suspicions(CHEST, modalities=("US",))
    assert suspicion.words == "Modality is DX, expected US"


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (np.zeros((64, 64), np.uint8), "constant"),
        (np.full((64, 64), 90, np.uint8), "constant"),
        (NOISE // 100, "black"),
        (np.where(NOISE > 250, NOISE, 100).astype(np.uint8), "nearly_constant"),
        (NOISE // 64 * 60, "nearly_constant"),
    ],
)
def test_pixels_that_show_nothing_are_named(picture: NDArray[np.uint8], kind: str) -> None:
    assert kinds(CHEST, picture) == [kind]


def test_the_black_beside_a_narrow_image_does_not_count() -> None:
    narrow = ImageFacts("PNG", 64, 16)
    picture = np.zeros((64, 64), np.uint8)
    picture[:, 24:40] = 77
    assert kinds(narrow, picture) == ["constant"]
    picture[:, 24:40] = NOISE[:, 24:40]
    assert kinds(narrow, picture) == []
