"""What every image of a site is, and what is suspicious about it; remembered until its file changes."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from glsmed.client.data.image_facts import ImageFacts, image_facts
from glsmed.client.data.image_suspicions import Suspicion, suspicions
from glsmed.client.data.images import PIPELINE_VERSION
from glsmed.client.data.manifest import ImageEntry
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.site_adapters.inputs.progress import track

_LAYOUT = 1  # of the file, and of what is looked for in an image


@dataclass(frozen=True, slots=True)
class Look:
    """What one image file says of itself and what is suspicious about it."""

    facts: ImageFacts
    suspicions: tuple[Suspicion, ...]


@dataclass(frozen=True, slots=True)
class ReviewedImage:
    """An image of the manifest with its look; ``picture`` is its row of the decoded images, if they are there."""

    entry: ImageEntry
    look: Look
    picture: Tensor | None

    @property
    def view(self) -> str:
        """What the file says, else the manifest."""
        return self.look.facts.view or self.entry.view.upper() or "no view given"

    @property
    def scanner(self) -> str:
        """Manufacturer and model of a DICOM file; the format of any other."""
        facts = self.look.facts
        named = " ".join(filter(None, (facts.manufacturer, facts.manufacturer_model)))
        return named or (f"{facts.modality} of no maker".strip() if facts.format == "DICOM" else facts.format)


class LookStore:
    """The looks of earlier checks in one file of the state folder: equal looks once, files by size and time of change.

    Args:
        path: the file; made when it is first written.
        size_px: side of the decoded images, on which looks depend.
    """

    def __init__(self, path: Path, *, size_px: int) -> None:
        self._path = path
        self._version = [_LAYOUT, PIPELINE_VERSION, size_px]
        self._looks: list[Look] = []
        self._places: dict[Look, int] = {}
        self._files: dict[str, list[int]] = {}
        self._seen: dict[str, list[int]] = {}
        self._read()

    def look(self, path: Path, picture: Tensor | None) -> Look:
        """The look of a file, remembered or taken now.

        Raises:
            DataError: the file cannot be read.
        """
        name = str(path)
        try:
            stat = os.stat(path)  # noqa: PTH116  # a hundred thousand times
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        key = [stat.st_size, stat.st_ctime_ns, int(picture is not None)]
        known = self._files.get(name)
        if known is not None and known[:3] == key:
            self._seen[name] = known
            return self._looks[known[3]]
        pixels = None if picture is None else np.asarray(picture)[0]
        facts = image_facts(path)
        look = Look(facts, suspicions(facts, pixels))
        self._seen[name] = [*key, self._place(look)]
        return look

    def save(self) -> None:
        """Write the looks that this check has asked for, if any is new.

        Raises:
            DataError: they cannot be written.
        """
        if self._seen == self._files:
            return
        content = json.dumps(
            {"version": self._version, "looks": [asdict(look) for look in self._looks], "files": self._seen}
        )
        try:
            write_text(self._path, content, mode=PRIVATE_FILE)
        except OSError as error:
            raise DataError(f"{self._path}: cannot be written: {error.strerror}") from None

    def _place(self, look: Look) -> int:
        place = self._places.setdefault(look, len(self._looks))
        if place == len(self._looks):
            self._looks.append(look)
        return place

    def _read(self) -> None:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            if content["version"] != self._version:
                return
            looks = [_look(one) for one in content["looks"]]
        except (OSError, ValueError, TypeError, KeyError):
            return  # none yet, damaged, or of another release: it is made again
        for look in looks:
            self._place(look)
        self._files = content["files"]


def _look(content: Mapping[str, object]) -> Look:
    facts, found = content["facts"], content["suspicions"]
    if not isinstance(facts, dict) or not isinstance(found, list):
        raise TypeError("expected facts and suspicions")
    return Look(ImageFacts(**facts), tuple(Suspicion(**one) for one in found))


def review_images(
    entries: Sequence[ImageEntry], pictures: Sequence[Tensor] | Tensor | None, store: LookStore
) -> Iterator[ReviewedImage]:
    """Every image that can be read, with its look.

    Args:
        entries: the images.
        pictures: ``(N, 1, S, S)`` uint8 in the same order; None where they could not be decoded.
        store: the looks of earlier checks; the new ones are in it afterwards, not yet on disk.
    """
    for place, entry in enumerate(track(entries, description="looking at images")):
        picture = None if pictures is None else pictures[place]
        try:
            look = store.look(entry.image, picture)
        except DataError:
            continue  # the check names it among the images that cannot be read
        yield ReviewedImage(entry, look, picture)
