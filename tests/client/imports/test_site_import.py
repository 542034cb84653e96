import csv
import stat
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from glsmed.client.data.manifest import read_manifest
from glsmed.client.imports.image_record import FoundImages, ImageRecord, Skipped
from glsmed.client.imports.joining import JoinRules
from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.site_import import ImportSummary, import_site
from glsmed.shared.errors import DataError

DAY = datetime(2026, 1, 8, 10)  # noqa: DTZ001  # the scanner's clock
TEXT = 'Kein Erguss.\nHerz, vergrößert; "deutlich".\n胸水なし。'


def images(folder: Path) -> FoundImages:
    records = []
    for number in range(3):
        path = folder / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (16, 16), number).save(path)
        records.append(
            ImageRecord(
                path,
                study_uid=f"1.2.{number}",
                accession_number=f"A{number}",
                patient_id=f"P{number}",
                acquired_at=DAY,
                view="PA",
            )
        )
    return FoundImages(records, [Skipped(folder / "x.dcm", "is FOR PROCESSING: raw")])


def done(folder: Path, *reports: ReportRecord) -> ImportSummary:
    found = FoundReports(list(reports), [LeftOut("oru.hl7: message 3", "is cut off: send it again")])
    return import_site(images(folder), found, rules=JoinRules(), manifest=folder / "made" / "manifest.csv")


def log(folder: Path) -> list[dict[str, str]]:
    with (folder / "made" / "import-log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


REPORTS = (
    ReportRecord(
        TEXT, accession_number="A0", source="ris.csv:2", encoding="cp932", mended="UTF-8 that was read as Latin-1"
    ),
    ReportRecord("Clear.", study_uid="1.2.1", source="r1.dcm"),
    ReportRecord("Lost.", accession_number="A9", source="ris.csv:4"),
)


def test_the_manifest_is_what_training_reads(tmp_path: Path) -> None:
    done(tmp_path, *REPORTS)
    manifest = read_manifest(tmp_path / "made" / "manifest.csv")
    assert manifest.reports == {"1.2.0": TEXT, "1.2.1": "Clear."}
    assert [entry.image.resolve() for entry in manifest.images] == [
        tmp_path / "pictures" / "0.png",
        tmp_path / "pictures" / "1.png",
    ]


def test_date_and_view_are_written(tmp_path: Path) -> None:
    done(tmp_path, *REPORTS)
    with (tmp_path / "made" / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    assert (first["acquired_on"], first["view"], first["image"]) == ("2026-01-08", "PA", "../pictures/0.png")


def test_the_log_names_everything_that_was_looked_at(tmp_path: Path) -> None:
    done(tmp_path, *REPORTS)
    rows = {(row["what"], Path(row["source"]).name): (row["done"], row["why"]) for row in log(tmp_path)}
    assert rows == {
        ("image", "0.png"): ("used", "joined by accession number to ris.csv:2"),
        ("image", "1.png"): ("used", "joined by study UID to r1.dcm"),
        ("image", "2.png"): ("left out", "no report was found"),
        ("image", "x.dcm"): ("left out", "is FOR PROCESSING: raw"),
        ("report", "ris.csv:2"): (
            "used",
            "joined by accession number; final, plain, cp932; mended: UTF-8 that was read as Latin-1",
        ),
        ("report", "r1.dcm"): ("used", "joined by study UID; final, plain, utf-8"),
        ("report", "ris.csv:4"): ("left out", "no examination has its accession number, study UID or patient"),
        ("report", "oru.hl7: message 3"): ("left out", "is cut off: send it again"),
    }


def test_the_summary_counts(tmp_path: Path) -> None:
    lines = done(tmp_path, *REPORTS).lines
    assert lines[:3] == [
        "reports read: 3 final",
        "encodings: 1 cp932, 2 utf-8; 1 mended",
        "examinations joined: 1 by accession number, 1 by study UID",
    ]
    assert "left out: 1 × report is cut off" in lines
    assert lines[-2].endswith("manifest.csv: 2 images of 2 examinations")


def test_files_with_patients_in_them_are_their_owners_alone(tmp_path: Path) -> None:
    done(tmp_path, *REPORTS)
    for name in ("manifest.csv", "import-log.csv"):
        assert stat.S_IMODE((tmp_path / "made" / name).stat().st_mode) == 0o600


def test_where_nothing_joins_there_is_a_log_and_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no image has a report"):
        done(tmp_path, REPORTS[2])
    assert len(log(tmp_path)) == 6
    assert not (tmp_path / "made" / "manifest.csv").exists()


def test_the_patient_of_a_report_counts_where_the_images_name_none(tmp_path: Path) -> None:
    found = FoundImages(
        [
            ImageRecord(tmp_path / "a.png", accession_number="A0"),
            ImageRecord(tmp_path / "b.png", accession_number="A1"),
        ],
        [],
    )
    reports = FoundReports(
        [ReportRecord("x", accession_number="A0", patient_id="P7"), ReportRecord("y", accession_number="A1")], []
    )
    summary = import_site(found, reports, rules=JoinRules(), manifest=tmp_path / "made" / "manifest.csv")
    assert summary.images == 1
    assert "neither it nor its report names the patient" in {row["why"] for row in log(tmp_path)}
