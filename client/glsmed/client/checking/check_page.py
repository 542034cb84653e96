"""``check.html``: everything that a person must look at on one page that needs nothing else and stays at the site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from glsmed.client.checking.contact_sheet import Group, Suspects
from glsmed.client.checking.finding_counts import FindingCounts
from glsmed.client.checking.sentences import SentenceCounts
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

_TEMPLATES = Path(__file__).with_name("templates")
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class CheckPage:
    """What the page shows.

    Attributes:
        site: its name.
        when: date and time of the check, in words.
        lines: what the check counted, as on the console.
        faults: what keeps training from starting.
        warnings: what is worth a look.
        split_patients: patients by split.
        encodings: reports by encoding; ``formats`` by format.
        sentences: None where the adapter could not be loaded.
        groups_left_out: how many small groups of images are not shown.
    """

    site: str
    when: str
    lines: Sequence[str]
    faults: Sequence[str]
    warnings: Sequence[str]
    split_patients: Mapping[str, int]
    encodings: Mapping[str, int]
    formats: Mapping[str, int]
    sentences: SentenceCounts | None
    findings: Sequence[FindingCounts]
    suspects: Sequence[Suspects]
    groups: Sequence[Group]
    groups_left_out: int = 0
    images: int = 0
    most_lines: int = field(default=_MOST_LINES)


def as_html(page: CheckPage) -> str:
    """The page as one HTML document without scripts and without anything from elsewhere."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("check.html.j2").render(page=page)


def write_page(path: Path, page: CheckPage) -> None:
    """Write the page so that its owner alone can read it: it holds images and words of patients.

    Raises:
        DataError: it cannot be written.
    """
    try:
        write_text(path, as_html(page), mode=PRIVATE_FILE)
    except OSError as error:
        raise DataError(f"{path}: the page cannot be written: {error.strerror}") from None
