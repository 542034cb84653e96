"""Which images a hospital wants: filters on records; each image left out is named with its reason."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from glsmed.client.imports.image_record import FoundImages, ImageRecord, Skipped
from glsmed.shared.errors import UsageError

_CHEST = frozenset({"CHEST", "THORAX", "TORAX", "TÓRAX", "BRUSTKORB", "胸部"})
_VIEW_WORDS = {"LL": "LATERAL", "RL": "LATERAL", "LAT": "LATERAL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to keep. An empty filter keeps all; a filter that is set leaves out images whose header does not say.

    Attributes:
        modalities: for instance DX, CR.
        body_parts: for instance CHEST, which the thorax in other languages counts as.
        views: PA, AP, LATERAL or a header's own word.
        first_day: of the acquisition.
        last_day: of the acquisition, included.
        youngest_years: of the patient, included.
        oldest_years: of the patient; someone of 80 is until the day before the 81st birthday.
        for_processing: keep the detector's raw images too, which no reader sees.
        burned_in_annotation: keep images whose header says that there is text in the pixels.
        secondary_captures: keep screenshots and scans.
    """

    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    youngest_years: float | None = None
    oldest_years: float | None = None
    for_processing: bool = False
    burned_in_annotation: bool = False
    secondary_captures: bool = False

    def __post_init__(self) -> None:
        _check_order("days", self.first_day, self.last_day)
        _check_order("ages", self.youngest_years, self.oldest_years)


def _check_order(what: str, low: date | float | None, high: date | float | None) -> None:
    if low is not None and high is not None and low > high:  # type: ignore[operator]  # both are of one kind
        raise UsageError(f"{what}: expected the first before the last, got {low} and {high}")


def select(records: Iterable[ImageRecord], selection: Selection) -> FoundImages:
    """The images that fit, and the others, each with the first reason against it."""
    kept: list[ImageRecord] = []
    left_out: list[Skipped] = []
    for record in records:
        reason = next(_reasons(record, selection), None)
        if reason is None:
            kept.append(record)
        else:
            left_out.append(Skipped(record.path, reason))
    return FoundImages(kept, left_out)


def _reasons(record: ImageRecord, selection: Selection) -> Iterator[str]:
    if record.secondary_capture and not selection.secondary_captures:
        yield "is a secondary capture, not the scanner's own image"
    if record.presentation_intent == "FOR PROCESSING" and not selection.for_processing:
        yield "is FOR PROCESSING: the detector's raw image, which no reader sees"
    if record.burned_in_annotation and not selection.burned_in_annotation:
        yield "has text in its pixels (BurnedInAnnotation YES)"
    yield from _wrong_word("modality", record.modality, selection.modalities)
    yield from _wrong_word("body part", record.body_part, selection.body_parts, alike=_body_part)
    yield from _wrong_word("view", record.view, selection.views, alike=_view)
    yield from _wrong_day(record, selection)
    yield from _wrong_age(record, selection)


def _wrong_word(
    what: str, got: str, wanted: tuple[str, ...], *, alike: Callable[[str], str] = str.upper
) -> Iterator[str]:
    if wanted and alike(got) not in {alike(word.strip()) for word in wanted}:
        yield f"has {what} {got}, asked for {', '.join(wanted)}" if got else f"says no {what}"


def _body_part(word: str) -> str:
    return "CHEST" if word.upper() in _CHEST else word.upper()


def _view(word: str) -> str:
    return _VIEW_WORDS.get(word.upper(), word.upper())


def _wrong_day(record: ImageRecord, selection: Selection) -> Iterator[str]:
    first, last = selection.first_day, selection.last_day
    if first is None and last is None:
        return
    if record.acquired_at is None:
        yield "says no date of acquisition"
    elif not (first or date.min) <= record.acquired_at.date() <= (last or date.max):
        yield "was acquired outside the days asked for"


def _wrong_age(record: ImageRecord, selection: Selection) -> Iterator[str]:
    youngest, oldest = selection.youngest_years, selection.oldest_years
    if youngest is None and oldest is None:
        return
    if record.age_years is None:
        yield "says no age of the patient"
    elif record.age_years < (youngest or 0) or (oldest is not None and record.age_years >= oldest + 1):
        yield "is of a patient outside the ages asked for"
