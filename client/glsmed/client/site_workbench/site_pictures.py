"""A site's images, as the workbench shows them."""

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from glsmed.client.data.images import read_image
from glsmed.client.data.manifest import ImageEntry

_SIDE_PX = 1024


class SitePictures:
    """The images of each examination by its id; a file is read when it is looked at."""

    def __init__(self, images: Iterable[ImageEntry]) -> None:
        self._paths: dict[str, list[Path]] = defaultdict(list)
        for entry in images:
            self._paths[entry.study_id].append(entry.image)

    def names(self, report_id: str) -> Sequence[str]:
        """The names of the image files of an examination."""
        return [path.name for path in self._paths.get(report_id, ())]

    def png(self, report_id: str, place: int) -> bytes:
        """One of them as a grey PNG, its longer side 1024 pixels.

        Raises:
            DataError: the file cannot be read.
        """
        pixels = read_image(self._paths[report_id][place], size_px=_SIDE_PX)
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="PNG", compress_level=1)
        return stream.getvalue()
