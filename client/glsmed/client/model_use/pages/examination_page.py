"""One examination as one page: the image with what the model goes by, beside the words that made the targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from glsmed.client.data.images import read_image
from glsmed.client.labels.label_table import LabelRow
from glsmed.client.model_use.examination import Examination, ExplainedImage
from glsmed.client.model_use.pages.page import picture_source, write_page
from glsmed.client.model_use.saliency import Map, overlay
from glsmed.site_adapters.explaining.explanation import COLUMNS, rows
from glsmed.site_adapters.explaining.explanation_page import COLOURS
from glsmed.site_adapters.explaining.marked_text import marked_mentions

_PICTURE_PX = 320


@dataclass(frozen=True, slots=True)
class _Line:
    """One finding: what the words say and what the model says of each image."""

    finding: str
    words: tuple[str, ...]
    gold: str
    model: tuple[str, ...]


def write_examination(path: Path, examination: Examination, *, site: str) -> None:
    """Write the page.

    Raises:
        OSError: it cannot be written.
    """
    mentions = list(zip(rows(examination.mentions), examination.mentions, strict=True))
    content = {
        "site": site,
        "examination": examination,
        "colours": COLOURS,
        "pieces": list(marked_mentions(examination.report, examination.mentions)),
        "columns": COLUMNS,
        "mentions": [(cells, mention.decides) for cells, mention in mentions],
        "images": [(image.name, list(_pictures(image))) for image in examination.images],
        "lines": list(_lines(examination)),
    }
    write_page(path, "examination.html.j2", content)


def _pictures(image: ExplainedImage) -> Iterator[tuple[str, str]]:
    """Caption and picture: the image alone, then with the map of each finding."""
    picture = read_image(image.path, size_px=_PICTURE_PX)
    yield image.name, picture_source(picture)
    for finding, values in image.maps.items():
        yield finding, picture_source(overlay(picture, _enlarged(values)))


def _enlarged(values: Map) -> Map:
    resized = Image.fromarray(values).resize((_PICTURE_PX, _PICTURE_PX), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float32).clip(0, 1)


def _lines(examination: Examination) -> Iterator[_Line]:
    for place, finding in enumerate(examination.shipped.findings):
        gold = examination.gold.get(finding)
        yield _Line(
            finding=finding,
            words=_words(examination.rows.get(finding)),
            gold="" if gold is None else f"{gold:.0f}",
            model=tuple(_probability(image, place) for image in examination.images),
        )


def _words(row: LabelRow | None) -> tuple[str, ...]:
    """State, cue, section, probability, rate and weight; a finding that the adapter does not know has none."""
    if row is None:
        return ("the adapter does not know it", "", "", "", "", "0.00")
    numbers = f"{row.target:.2f}", f"{row.rate:.2f}", f"{row.weight:.2f}"
    return row.state, row.cue, row.section, *numbers


def _probability(image: ExplainedImage, place: int) -> str:
    low, high = float(image.scores.low[0, place]), float(image.scores.high[0, place])
    shown = f"{float(image.scores.probabilities[0, place]):.0%}"
    shown += "" if np.isnan(low) else f" ({low:.0%} to {high:.0%})"
    return f"{shown}, alert" if image.scores.alerts[0, place] == 1 else shown
