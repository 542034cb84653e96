"""Small files that go wrong at a hospital: through import and check, each is read, named or refused in words."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.commands.import_steps import import_with
from glsmed.client.data.images import read_image
from glsmed.client.data.manifest import read_manifest, survey_manifest
from glsmed.client.resident.readiness import CheckReport, run_check
from glsmed.client.settings.import_section import ImportSection
from glsmed.shared.errors import DataError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.inputs.gold_labels import survey_gold
from glsmed.site_adapters.inputs.report_text import read_report_text

RealData = Callable[[str], Path]
NAMED = {
    "constant.dcm": "every pixel has the same grey",
    "for_processing.dcm": "is FOR PROCESSING",
    "modality_ct.dcm": "Modality is CT",
}
READ = ("invert_neg_slope_window.dcm", "jpeg_lossless_70.dcm", "no_meta_implicit.dcm", "window_width_zero.dcm")
UID = "1.2.826.0.1.3680043.8.498.43158556563620427720835854378169676070"  # of them all
WORDS = "Small pleural effusion."


@pytest.fixture
def cases(real_data: RealData) -> Path:
    return real_data("site_cases")


@pytest.mark.parametrize("name", [*READ, *NAMED])
def test_an_image_of_a_hospital_is_imported_or_left_out_with_its_reason(cases: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "images").mkdir()
    shutil.copy(cases / name, tmp_path / "images")
    (tmp_path / "ris.csv").write_text(f"Patient ID,Study Instance UID,Report\nP1,{UID},{WORDS}\n")
    section = ImportSection(images=tmp_path / "images", reports=(tmp_path / "ris.csv",))
    if name == "for_processing.dcm":
        with pytest.raises(DataError, match="no image has a report"):
            import_with(section, tmp_path / "manifest.csv")
        assert "FOR PROCESSING" in (tmp_path / "import-log.csv").read_text()
    else:
        import_with(section, tmp_path / "manifest.csv")
        assert list(read_manifest(tmp_path / "manifest.csv").reports.values()) == [WORDS]


@pytest.mark.parametrize("name", READ)
def test_a_picture_is_shown_as_its_reference_is(cases: Path, name: str) -> None:
    reference = "ref_window.dcm" if "window.dcm" in name else "ref_base.dcm"
    shown, expected = (read_image(cases / one, size_px=96).astype(float) for one in (name, reference))
    assert np.corrcoef(shown.ravel(), expected.ravel())[0, 1] > 0.98


def test_a_hot_pixel_leaves_the_contrast(cases: Path) -> None:
    assert len(np.unique(read_image(cases / "png16_one_hot_pixel.png", size_px=96))) > 100


@pytest.fixture
def checked(cases: Path, tmp_path: Path, write_config: Callable[..., Path]) -> CheckReport:
    """What ``check`` says of all images, each as a patient of its own."""
    with (tmp_path / "manifest.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("study_id", "patient_id", "image", "report_text"))
        for number, path in enumerate(sorted(path for path in cases.iterdir() if path.suffix in (".dcm", ".png"))):
            table.writerow((f"s{number}", f"p{number}", path, f"{WORDS} Number {number}."))
    return run_check(write_config(manifest=tmp_path / "manifest.csv"))


def test_check_names_what_a_person_must_look_at_and_nothing_else(checked: CheckReport) -> None:
    found = [warning for warning in checked.warnings if ".dcm" in warning or ".png" in warning]
    assert len(found) == len(NAMED)
    for name, words in NAMED.items():
        assert any(name in warning and words in warning for warning in found)
    assert not [fault for fault in checked.faults if ".dcm" in fault]


def test_a_quote_that_never_closes_is_a_fault_with_its_line(cases: Path) -> None:
    survey = survey_manifest(cases / "manifest_unclosed_quote.csv")
    (fault,) = [fault for fault in survey.faults if "quote" in fault.message]
    assert fault.line is not None
    assert len(survey.study_ids) >= 58


def test_patients_that_a_spreadsheet_lost_are_named(cases: Path) -> None:
    survey = survey_manifest(cases / "manifest_patient_nan.csv")
    assert any("nan" in fault.message and "lost value" in fault.message for fault in survey.faults)


def test_blank_rows_of_a_spreadsheet_are_tolerated(cases: Path, tmp_path: Path) -> None:
    shutil.copy(cases / "manifest_blank_comma_rows.csv", tmp_path / "manifest.csv")
    with (tmp_path / "manifest.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["image"]:
                shutil.copy(cases / "png16_one_hot_pixel.png", tmp_path / row["image"])
    survey = survey_manifest(tmp_path / "manifest.csv")
    assert survey.faults == ()
    assert any("blank row(s) left out" in note.message for note in survey.notes)


def test_gold_of_other_spellings_is_offered_the_right_one(cases: Path) -> None:
    terms = {name: finding.terms for name, finding in load_adapter("en_radiology").findings.items()}
    survey = survey_gold(
        cases / "gold_other_names.csv", examinations={f"s{n}" for n in range(1, 9)}, findings=("effusion",), terms=terms
    )
    (note,) = [note.message for note in survey.notes if "finding(s) that do not count" in note.message]
    assert note.count("did you mean 'effusion'?") >= 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("html_nbsp.txt", "No pleural effusion."),
        ("ja_with_english.txt", "No pleural effusion."),
    ],
)
def test_a_report_is_read_away_from_its_packing(cases: Path, name: str, text: str) -> None:
    assert text in read_report_text((cases / name).read_bytes(), name=name).text


def test_a_japanese_report_is_read_with_its_escapes(cases: Path) -> None:
    read = read_report_text((cases / "ja_iso2022jp.txt").read_bytes(), name="")
    assert (read.encoding, "\x1b" in read.text, read.text.isascii()) == ("iso-2022-jp", False, False)
