"""manifest.csv and import-log.csv: one row for each image that has a report, one for each thing that was looked at."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from glsmed.client.data.manifest import OPTIONAL, REQUIRED
from glsmed.client.imports.joining import Joined
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text


class LogRow(NamedTuple):
    """What became of an image, a report or an examination.

    Attributes:
        what: image, report or examination.
        source: its file, with the place inside where there are several.
        done: used or left out.
        why: by what it was joined, or why it was not used.
        study_id: of the examination in the manifest; blank where there is none.
    """

    what: str
    source: str
    done: str
    why: str
    study_id: str = ""


def write_manifest(path: Path, joined: Iterable[Joined]) -> int:
    """Write the manifest, readable by its owner only; returns how many images it names."""
    rows = [row for each in joined for row in _rows(each, path.absolute().parent)]
    write_text(path, _table((*REQUIRED, *OPTIONAL), rows), mode=PRIVATE_FILE)
    return len(rows)


def write_log(path: Path, rows: Sequence[LogRow]) -> None:
    """Write the log, readable by its owner only."""
    write_text(path, _table(LogRow._fields, rows), mode=PRIVATE_FILE)


def patient_of(joined: Joined) -> str:
    """The patient as the images say, else as the report says; blank where neither does."""
    return joined.examination.patient_id or next((each.patient_id for each in joined.used if each.patient_id), "")


def _rows(joined: Joined, folder: Path) -> Iterator[Sequence[str]]:
    for image in joined.examination.images:
        yield (
            joined.examination.key,
            patient_of(joined),
            os.path.relpath(image.path.absolute(), folder),
            "",
            joined.text,
            image.acquired_at.date().isoformat() if image.acquired_at else "",
            image.view,
        )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
