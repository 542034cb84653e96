"""What the model says of one finding on one image, and the table of it."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Prediction:
    """One finding on one image.

    Attributes:
        study_id: the examination.
        image: as the input names it.
        probability: that the finding is present, at this site.
        low, high: the interval of the site's output calibration; None where gold labels are too few for one.
        alert: whether the probability reaches the site's operating point; None where there is none.
    """

    study_id: str
    image: str
    finding: str
    probability: float
    low: float | None
    high: float | None
    alert: bool | None


COLUMNS = tuple(field.name for field in fields(Prediction))


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write a CSV file that its owner alone can read; alert is 1, 0 or blank, and a missing interval is blank.

    Raises:
        OSError: it cannot be written.
    """
    write_table(path, COLUMNS, ([_cell(value) for value in astuple(prediction)] for prediction in predictions))


def notes_beside(out: Path) -> Path:
    """Where the notes of a table of predictions are."""
    return out.with_suffix(".notes.csv")


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a CSV file of text that its owner alone can read.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    write_text(path, text.getvalue(), mode=PRIVATE_FILE)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.{_DIGITS}f}" if isinstance(value, float) else str(value)
