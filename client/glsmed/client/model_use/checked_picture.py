"""From a file to a picture that may be predicted on, or to the reason why it may not."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.image_facts import image_facts
from glsmed.client.data.image_suspicions import RADIOGRAPHS, Kind, suspicions
from glsmed.client.model_use.input_images import InputImage
from glsmed.shared.errors import DataError

REFUSED: frozenset[Kind] = frozenset({"modality", "black", "constant"})  # of these no probability means anything
_MOST_WORKERS = 16
_AHEAD = 8  # pictures for each thread that may wait to be predicted on

Pixels = NDArray[np.uint8]
PictureT = TypeVar("PictureT")


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


def read_ahead(images: Iterable[InputImage], read: Callable[[InputImage], PictureT]) -> Iterator[PictureT]:
    """What is read of each image, in order, by several threads that are only a little ahead of whoever takes it."""
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    waiting: deque[Future[PictureT]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for image in images:
            waiting.append(pool.submit(read, image))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)  # whoever stops early, for instance by Ctrl-C, need not wait for the rest


def check_picture(
    image: InputImage, *, make: Callable[[Path], Pixels], modalities: Collection[str] = RADIOGRAPHS
) -> CheckedPicture:
    """The picture of an image, or why there is none: unreadable, of another modality, or of one grey.

    Args:
        image: the image.
        make: makes the picture of a file.
        modalities: the DICOM modalities that the site's study is about.
    """
    if image.problem:
        return CheckedPicture(image, refused=image.problem)
    try:
        pixels = make(image.path)
        found = suspicions(image_facts(image.path), pixels, modalities=modalities)
    except DataError as error:
        return CheckedPicture(image, refused=str(error).removeprefix(f"{image.path}: "))
    refused = "; ".join(each.words for each in found if each.kind in REFUSED)
    notes = tuple(each.words for each in found if each.kind not in REFUSED)
    if refused:
        return CheckedPicture(image, refused=refused, notes=notes)
    return CheckedPicture(image, pixels, notes=notes, digest=hashlib.sha256(pixels.tobytes()).hexdigest())
