"""Random images of each view and scanner, small enough for a page, and those that look wrong."""

import base64
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image
from torch import Tensor

from glsmed.client.checking.grey_levels import grey_histogram, histogram_svg
from glsmed.client.checking.image_review import ReviewedImage
from glsmed.site_adapters.explaining.marked_text import Piece, marked_cells
from glsmed.site_adapters.reading.reader import Reader

ItemT = TypeVar("ItemT")

_MOST_GROUPS = 12
_IMAGES_OF_A_GROUP = 6
_IMAGES_OF_A_HISTOGRAM = 200
_MOST_SUSPECTS = 8
_THUMBNAIL_PX = 192
_JPEG_QUALITY = 85
_LONGEST_REPORT = 4000


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image for the page: ``source`` is a data URL, blank where the image could not be decoded."""

    source: str
    path: str
    study_id: str
    report: Sequence[Piece] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The images of one view and scanner: how many there are, some at random, and their grey levels as SVG."""

    view: str
    scanner: str
    count: int
    thumbnails: Sequence[Thumbnail]
    histogram: str


@dataclass(frozen=True, slots=True)
class Suspects:
    """The images that are suspicious for one reason, some of them at random."""

    words: str
    count: int
    thumbnails: Sequence[Thumbnail]


def groups_of(
    images: Sequence[ReviewedImage], reports: Mapping[str, str], reader: Reader | None, rng: random.Random
) -> tuple[Sequence[Group], int]:
    """The largest groups of one view and scanner, and how many smaller ones are left out.

    Args:
        images: all images of the site.
        reports: text by examination.
        reader: marks the words of the reports; None marks none.
        rng: draws the images.
    """
    gathered: dict[tuple[str, str], list[ReviewedImage]] = {}
    for image in images:
        gathered.setdefault((image.view, image.scanner), []).append(image)
    largest = sorted(gathered.items(), key=lambda group: (-len(group[1]), group[0]))
    shown = largest[:_MOST_GROUPS]
    groups = [
        Group(view, scanner, len(members), _with_reports(members, reports, reader, rng), _histogram(members, rng))
        for (view, scanner), members in shown
    ]
    return groups, len(largest) - len(shown)


def suspects_of(images: Sequence[ReviewedImage], rng: random.Random) -> Iterator[Suspects]:
    """The suspicious images by reason, most frequent first."""
    gathered: dict[str, list[ReviewedImage]] = {}
    for image in images:
        for suspicion in image.look.suspicions:
            gathered.setdefault(suspicion.words, []).append(image)
    for words, members in sorted(gathered.items(), key=lambda reason: (-len(reason[1]), reason[0])):
        yield Suspects(words, len(members), [_thumbnail(image) for image in _some(members, _MOST_SUSPECTS, rng)])


def _with_reports(
    members: Sequence[ReviewedImage], reports: Mapping[str, str], reader: Reader | None, rng: random.Random
) -> Sequence[Thumbnail]:
    thumbnails = []
    for image in _some(members, _IMAGES_OF_A_GROUP, rng):
        text = reports.get(image.entry.study_id, "")
        pieces = [Piece(text)] if reader is None else list(marked_cells(text[:_LONGEST_REPORT], reader))
        thumbnails.append(_thumbnail(image, pieces, cut=len(text) > _LONGEST_REPORT))
    return thumbnails


def _thumbnail(image: ReviewedImage, report: Sequence[Piece] = (), *, cut: bool = False) -> Thumbnail:
    source = "" if image.picture is None else data_url(image.picture)
    return Thumbnail(source, str(image.entry.image), image.entry.study_id, report, cut)


def data_url(picture: Tensor) -> str:
    """A picture ``(1, S, S)`` uint8 as a small JPEG inside a URL."""
    image = Image.fromarray(np.asarray(picture)[0])
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(target.getvalue()).decode()}"


def _histogram(members: Sequence[ReviewedImage], rng: random.Random) -> str:
    drawn = _some(members, _IMAGES_OF_A_HISTOGRAM, rng)
    pictures = [image.picture for image in drawn if image.picture is not None]
    return histogram_svg(grey_histogram(pictures), label=f"grey levels of {len(pictures)} images") if pictures else ""


def _some(items: Sequence[ItemT], most: int, rng: random.Random) -> Sequence[ItemT]:
    return rng.sample(items, min(most, len(items)))
