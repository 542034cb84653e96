"""Self-contained HTML pages from the templates of this room; what a template shows is escaped."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

_DPI = 110


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text: the names of its columns, and its rows."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def render_page(template: str, content: Mapping[str, object]) -> str:
    """The page that a template of ``templates/`` makes of its content.

    Raises:
        jinja2.UndefinedError: the template needs something that the content lacks.
    """
    environment = Environment(
        loader=PackageLoader("glsmed.benchmarks.tables"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(content)


def image_source(figure: Figure) -> str:
    """The figure as a PNG in a ``data:`` address, for the ``src`` of an image."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
