"""What a person must look at before an image is learned from: by its headers, and by its decoded pixels."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.image_facts import ImageFacts

RADIOGRAPHS = ("CR", "DX", "RG", "RF")  # computed, digital and conventional radiographs, and those of fluoroscopy

Kind = Literal[
    "black", "constant", "nearly_constant", "modality", "body_part", "view", "for_processing", "screenshot", "annotated"
]

_CHEST = re.compile(r"CHEST|THORA|LUNG|TORAX|TORACE|PECHO|PULM|BRUST|胸|肺|흉부", re.IGNORECASE)
_OTHER_PART = re.compile(
    r"\b(KNEE|HAND|WRIST|ELBOW|SHOULDER|HUMERUS|FOREARM|FINGER|FOOT|ANKLE|TOE|LEG|HIP|FEMUR|TIBIA|PELVIS|SPINE|SKULL|HEAD"
    r"|NECK|ABDOMEN|EXTREMITY|BREAST|CLAVICLE|SINUS|JAW|TEETH|DENTAL)\b|膝|手関節|足関節|腹部|頸椎|腰椎|股関節",
    re.IGNORECASE,
)
_LATERAL = re.compile(r"^(L|R|LL|RL|LLAT|RLAT)$|\bLAT(ERAL|ERALE|ÉRAL)?\b|側面|\bSEITLICH\b|\bPERFIL\b", re.IGNORECASE)
_DARKEST = 3  # greys up to this look black on any screen
_FEWEST_GREYS = 8
_MOST_OF_ONE_GREY = 0.98


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing to look at; equal words for equal reasons, so that images can be counted by them."""

    kind: Kind
    words: str


def suspicions(
    facts: ImageFacts, picture: NDArray[np.uint8] | None = None, *, modalities: Collection[str] = RADIOGRAPHS
) -> tuple[Suspicion, ...]:
    """Everything suspicious about an image, worst first; an empty tuple if nothing is.

    Body part and view are looked at where radiographs of the chest are expected.

    Args:
        facts: what the file says.
        picture: ``(S, S)`` grey values as :func:`glsmed.client.data.images.read_image` gives them; None leaves the
            pixels out.
        modalities: the DICOM modalities that the site's study is about.
    """
    of_pixels = () if picture is None else _of_pixels(_without_border(picture, facts))
    return (*of_pixels, *_of_headers(facts, modalities))


def _of_headers(facts: ImageFacts, modalities: Collection[str]) -> Iterator[Suspicion]:
    if facts.format != "DICOM":
        return
    if facts.modality and facts.modality not in modalities:
        yield Suspicion("modality", f"Modality is {facts.modality}, expected {', '.join(modalities)}")
    if set(modalities) & set(RADIOGRAPHS):
        yield from _of_projection(facts)
    if facts.presentation_intent == "FOR PROCESSING":
        yield Suspicion("for_processing", "is FOR PROCESSING: raw detector values, not what radiologists look at")
    if facts.secondary_capture:
        yield Suspicion("screenshot", "is a secondary capture: of a screen or a scanned film, not of a detector")
    if facts.burned_in_annotation:
        yield Suspicion("annotated", "BurnedInAnnotation is YES: there may be text, or a name, in the pixels")


def _of_projection(facts: ImageFacts) -> Iterator[Suspicion]:
    if facts.body_part and not _CHEST.search(_plain(facts.body_part)):
        yield Suspicion("body_part", f"BodyPartExamined is {facts.body_part}, expected CHEST")
    elif not facts.body_part and (other := _other_part(facts.description)):
        yield Suspicion("body_part", f"the description says {other}, expected the chest")
    if facts.view and _LATERAL.search(_plain(facts.view)):
        yield Suspicion("view", f"the view is lateral ({facts.view})")
    elif not facts.view and _LATERAL.search(_plain(facts.description)):
        yield Suspicion("view", "the description says that the view is lateral")
    elif not facts.view and facts.patient_orientation.startswith(("A", "P")):
        # the rows of a frontal view run to the patient's left or right
        yield Suspicion("view", f"PatientOrientation is {facts.patient_orientation}: the view is lateral")


def _plain(words: str) -> str:
    """Full-width letters as ordinary ones, underscores as spaces, so that words can be found."""
    return unicodedata.normalize("NFKC", words).replace("_", " ").strip()


def _other_part(description: str) -> str:
    """The part of the body that a description names, unless it names the chest too; blank for none."""
    words = _plain(description)
    found = _OTHER_PART.search(words)
    return "" if found is None or _CHEST.search(words) else found[0].lower()


def _without_border(picture: NDArray[np.uint8], facts: ImageFacts) -> NDArray[np.uint8]:
    """The part of the square that the image covers; the rest is the black of its shorter side."""
    longest = max(facts.rows, facts.columns)
    if longest == 0:
        return picture
    size = picture.shape[0]
    height, width = (max(1, round(side * size / longest)) for side in (facts.rows, facts.columns))
    top, left = (size - height) // 2, (size - width) // 2
    return picture[top : top + height, left : left + width]


def _of_pixels(pixels: NDArray[np.uint8]) -> Iterator[Suspicion]:
    counts = np.bincount(pixels.ravel(), minlength=256)
    if np.count_nonzero(counts) == 1:
        yield Suspicion("constant", "every pixel has the same grey")
    elif pixels.max() <= _DARKEST:
        yield Suspicion("black", "every pixel is black")
    elif np.count_nonzero(counts) < _FEWEST_GREYS or counts.max() > _MOST_OF_ONE_GREY * pixels.size:
        yield Suspicion("nearly_constant", "nearly every pixel has the same grey")
