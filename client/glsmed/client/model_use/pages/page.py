"""Self-contained HTML pages of this room: nothing is fetched, nothing runs, and what is shown is escaped."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

_TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: Path, template: str, content: Mapping[str, object]) -> None:
    """Write the page that a template makes of its content; its owner alone can read it.

    Raises:
        OSError: it cannot be written.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    write_text(path, environment.get_template(template).render(content), mode=PRIVATE_FILE)


def picture_source(pixels: NDArray[np.uint8]) -> str:
    """A picture ``(H, W)`` or ``(H, W, 3)`` as a ``data:`` address, for the ``src`` of an image."""
    stream = io.BytesIO()
    if pixels.ndim == len("HW"):
        Image.fromarray(pixels).save(stream, format="JPEG", quality=85)
        kind = "jpeg"
    else:
        Image.fromarray(pixels).save(stream, format="PNG")
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
