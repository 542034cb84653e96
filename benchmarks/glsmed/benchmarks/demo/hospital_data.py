"""The hospitals' data as they would have it: gold for the patients that a panel has read, the truth kept apart."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.sites import write_site
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SplitSection
from glsmed.shared.files.atomic import atomic_replace

Row = Mapping[str, str]


def draw_hospital(folder: DemoFolder, hospital: Hospital, *, patients: int, seed: int) -> int:
    """Draw a hospital's images and reports into ``data`` of its folder; returns how many images.

    A panel has read the patients of the validation and test splits: only their labels are the hospital's gold. Of the
    patients that are trained on there is nothing but the reports.
    """
    data = folder.site(hospital.name) / "data"
    write_site(data, hospital, patients=patients, seed=seed)
    folder.truth(hospital.name).parent.mkdir(exist_ok=True)
    (data / "gold.csv").rename(folder.truth(hospital.name))
    manifest = _rows(data / "manifest.csv")
    read_by_panel = {row["study_id"] for row in manifest if split_of(row["patient_id"], SplitSection()) != "train"}
    truth = _rows(folder.truth(hospital.name))
    _write(data / "gold.csv", (row for row in truth if row["study_id"] in read_by_panel), columns=list(truth[0]))
    return len(manifest)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _write(path: Path, rows: Iterable[Row], *, columns: Sequence[str]) -> None:
    with atomic_replace(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, columns)
        writer.writeheader()
        writer.writerows(rows)
