"""From a file to a picture that may be predicted on, or to the reason why it may not."""

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.image_facts import image_facts
from glsmed.client.data.image_suspicions import Kind, suspicions
from glsmed.client.data.images import read_image
from glsmed.client.model_use.input_images import InputImage
from glsmed.shared.errors import DataError

REFUSED: frozenset[Kind] = frozenset({"modality", "black", "constant"})  # of these no probability means anything
_MOST_WORKERS = 16
_AHEAD = 8  # pictures for each thread that may wait to be predicted on

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """One image, read.

    Attributes:
        pixels: ``(S, S)``; None where the image is refused.
        refused: why there is no prediction; empty where there is one.
        notes: what a person should know when reading the prediction.
        digest: of the pixels, to find the same picture again.
    """

    source: InputImage
    pixels: Pixels | None = None
    refused: str = ""
    notes: tuple[str, ...] = ()
    digest: str = ""


def checked_pictures(images: Iterable[InputImage], *, size_px: int) -> Iterator[CheckedPicture]:
    """The images in their order, decoded by several threads that are only a little ahead of the reader."""
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    waiting: deque[Future[CheckedPicture]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for image in images:
            waiting.append(pool.submit(check_picture, image, size_px=size_px))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def check_picture(image: InputImage, *, size_px: int) -> CheckedPicture:
    """The picture of an image, or why there is none: unreadable, no radiograph, or of one grey."""
    try:
        pixels = read_image(image.path, size_px=size_px)
        found = suspicions(image_facts(image.path), pixels)
    except DataError as error:
        return CheckedPicture(image, refused=str(error).removeprefix(f"{image.path}: "))
    refused = "; ".join(each.words for each in found if each.kind in REFUSED)
    notes = tuple(each.words for each in found if each.kind not in REFUSED)
    if refused:
        return CheckedPicture(image, refused=refused, notes=notes)
    return CheckedPicture(image, pixels, notes=notes, digest=hashlib.sha256(pixels.tobytes()).hexdigest())
