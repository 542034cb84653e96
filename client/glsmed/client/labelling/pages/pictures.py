"""Images for the browser: the greys that training sees, larger."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from glsmed.client.data.images import read_image

SIDE_PX = 1024
_KEPT = 16  # pictures: those around the one that is looked at
_FAST = 1  # of zlib: a browser on the same machine gains nothing from smaller files


def picture_png(path: Path) -> bytes:
    """The image as PNG, its longer side 1024 pixels.

    Raises:
        DataError: it cannot be read.
    """
    return _png(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=_KEPT)
def _png(path: Path, _changed: int) -> bytes:
    content = BytesIO()
    Image.fromarray(read_image(path, size_px=SIDE_PX)).save(content, "png", compress_level=_FAST)
    return content.getvalue()
