import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.data.manifest import read_manifest
from tests.drawn_dicom import write_study
from tests.orthanc_on_loopback import Orthanc

Typed = Callable[..., Any]
ORU = (
    "MSH|^~\\&|RIS|H|PACS|H|20260109||ORU^R01|{n}|P|2.5\rPID|1||P{n:04d}^^^H^MR\r"
    "OBR|1|PL|A{n:05d}|71046||||||||||||||||||||||{status}\rOBX|1|TX|71046^Report||{text}||||||{status}\r"
)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder with three drawn studies and their messages."""
    for number in (1, 2, 3):
        write_study(tmp_path / "images", number)
    texts = {1: "Small left effusion.", 2: "No pneumothorax.", 3: "Draft."}
    (tmp_path / "oru.hl7").write_text(
        "".join(ORU.format(n=n, text=text, status="P" if n == 3 else "F") for n, text in texts.items())
    )
    return tmp_path


def test_exports_become_a_manifest_and_a_log(typed: Typed, exports: Path) -> None:
    out = exports / "manifest.csv"
    done = typed("import", "--images", exports / "images", "--reports", exports / "oru.hl7", "--out", out)
    assert (done.code, done.err) == (0, "")
    assert sorted(read_manifest(out).reports.values()) == ["No pneumothorax.", "Small left effusion."]
    assert "examinations joined: 2 by accession number" in done.out
    assert "left out: 1 × image its report is preliminary, which is not asked for" in done.out


def test_several_sources_stand_behind_one_option_and_a_status_can_be_asked_for(typed: Typed, exports: Path) -> None:
    (exports / "more.csv").write_text("Accession,Report\nA00001,Small left effusion.\n")
    done = typed(
        "import",
        *("--images", exports / "images", "--out", exports / "m.csv", "--report-status", "preliminary"),
        *("--report-status", "final", "--reports", exports / "oru.hl7", exports / "more.csv"),
    )
    assert done.code == 0
    assert len(read_manifest(exports / "m.csv").reports) == 3


def test_a_manifest_that_exists_is_kept_unless_told_otherwise(typed: Typed, exports: Path) -> None:
    out = exports / "manifest.csv"
    out.write_text("mine")
    words = ("import", "--images", exports / "images", "--reports", exports / "oru.hl7", "--out", out)
    refused = typed(*words)
    assert (refused.code, out.read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert typed(*words, "--force").code == 0
    assert len(read_manifest(out).reports) == 2


def test_the_manifest_of_the_configuration_is_written_without_out(
    typed: Typed, exports: Path, write_config: Callable[..., Path]
) -> None:
    config = write_config(manifest=exports / "made" / "manifest.csv")
    done = typed("--site", config, "import", "--images", exports / "images", "--reports", exports / "oru.hl7")
    assert done.code == 0, done.err
    assert (exports / "made" / "manifest.csv").is_file()


def test_filters_leave_images_out_with_the_reason(typed: Typed, exports: Path) -> None:
    write_study(exports / "images", 2, ViewPosition="LL")
    done = typed(
        "import",
        *("--images", exports / "images", "--reports", exports / "oru.hl7", "--out", exports / "m.csv", "--view", "PA"),
    )
    assert done.code == 0
    with (exports / "import-log.csv").open(newline="") as stream:
        assert "has view LATERAL, asked for PA" in {row["why"] for row in csv.DictReader(stream)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reports", "oru.hl7"), "expected either --images FOLDER or --pacs URL, got neither"),
        (("--images", "images", "--pacs", "dicom://A@b:104", "--reports", "oru.hl7"), "got both"),
        (("--pacs", "ftp://x", "--reports", "oru.hl7"), "ftp://x"),
        (("--images", "images", "--reports", "none.csv"), "No such file"),
        (("--images", "images", "--reports", "oru.hl7", "--report-status", "finished"), "expected one of corrected"),
        (("--images", "images", "--reports", "oru.hl7", "--report-column", "Befund"), "FIELD=NAME"),
        (("--images", "images", "--reports", "oru.hl7", "--report-names", "("), "not a regular expression"),
        (("--images", "images", "--reports", "other.csv"), "no column to join by"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    typed: Typed, exports: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(exports)
    (exports / "other.csv").write_text("Report\nClear.\n")
    done = typed("import", *words, "--out", "m.csv")
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_nothing_in_common_leaves_a_log_and_no_manifest(typed: Typed, exports: Path) -> None:
    (exports / "other.csv").write_text("Accession,Report\nX,Clear.\n")
    done = typed(
        "import", "--images", exports / "images", "--reports", exports / "other.csv", "--out", exports / "m.csv"
    )
    assert done.code == 2
    assert "import-log.csv says what became of each file" in done.err
    assert not (exports / "m.csv").exists()


@pytest.mark.parametrize("way", ["web", "dicom"])
def test_an_archive_and_messages_become_a_manifest(
    typed: Typed, orthanc: Orthanc, exports: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    orthanc.store(*sorted(path for path in (exports / "images").rglob("*") if path.is_file()))
    for name, value in orthanc.variables.items():
        monkeypatch.setenv(name, value)
    address = orthanc.web if way == "web" else orthanc.dicom
    done = typed(
        "import",
        *("--pacs", address, "--pacs-ca", orthanc.ca, "--pacs-to", exports / "fetched", "--modality", "DX"),
        *("--reports", exports / "oru.hl7", "--out", exports / "m.csv"),
    )
    assert done.code == 0, done.err
    manifest = read_manifest(exports / "m.csv")
    assert sorted(manifest.reports.values()) == ["No pneumothorax.", "Small left effusion."]
    assert all(entry.image.is_file() for entry in manifest.images)


SECTION = """
import:
  images: images
  reports: [oru.hl7, more.csv]
  report_columns: {text: Befund, accession_number: Nr}
  report_statuses: [final, preliminary]
"""


@pytest.fixture
def config_with_section(exports: Path, write_config: Callable[..., Path]) -> Path:
    """A config.yaml beside the exports that says what is imported."""
    (exports / "more.csv").write_text("Nr,Befund\nA00002,No pneumothorax.\n")
    config = write_config(manifest=exports / "made" / "manifest.csv")
    config.write_text(config.read_text() + SECTION)
    return config


def test_what_config_yaml_says_need_not_be_written_again(
    typed: Typed, exports: Path, config_with_section: Path
) -> None:
    done = typed("--site", config_with_section, "import")
    assert done.code == 0, done.err
    manifest = read_manifest(exports / "made" / "manifest.csv")
    assert sorted(manifest.reports.values()) == ["Draft.", "No pneumothorax.", "Small left effusion."]


def test_options_go_before_what_config_yaml_says(typed: Typed, exports: Path, config_with_section: Path) -> None:
    done = typed("--site", config_with_section, "import", "--report-status", "final", "--reports", exports / "oru.hl7")
    assert done.code == 0, done.err
    manifest = read_manifest(exports / "made" / "manifest.csv")
    assert sorted(manifest.reports.values()) == ["No pneumothorax.", "Small left effusion."]


def test_an_archive_in_an_option_takes_the_place_of_a_folder(typed: Typed, config_with_section: Path) -> None:
    done = typed("--site", config_with_section, "import", "--pacs", "ftp://x")
    assert (done.code, "ftp://x" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("report_names: '('", "import.report_names: is not a regular expression"),
        ("imges: x", "import.imges: unknown key; did you mean 'images'?"),
        ("report_statuses: [finished]", "import.report_statuses[0]"),
        ("report_columns: {txt: Befund}", "import.report_columns"),
        ("first_day: yesterday", "import.first_day"),
    ],
)
def test_a_fault_of_the_section_is_named_with_its_line(
    typed: Typed, write_config: Callable[..., Path], line: str, said: str
) -> None:
    config = write_config()
    config.write_text(f"{config.read_text()}\nimport:\n  {line}\n")
    done = typed("--site", config, "import")
    assert done.code == 2
    assert said in done.err
