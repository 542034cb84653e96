import csv
import json
from pathlib import Path

import pytest

from glsmed.benchmarks.real_data.sources.table_dataset import site_name, write_table_dataset
from glsmed.client.data.manifest import read_manifest
from glsmed.shared.errors import ConfigurationError, UsageError

Drawn = tuple[Path, Path]
SITES = {"ge-logiq-5-10-12mhz", "toshiba"}


def test_every_scanner_becomes_a_hospital_whose_files_a_site_can_read(drawn_dataset: Path) -> None:
    assert {path.name for path in drawn_dataset.iterdir() if path.is_dir()} == SITES
    for site in SITES:
        manifest = read_manifest(drawn_dataset / site / "manifest.csv")
        assert all(entry.image.is_file() for entry in manifest.images)
        assert set(manifest.reports.values()) <= {
            f"INTERPRETATION: Fibroadenoma, cyst.\nBI-RADS {grade}." for grade in (2, 4, 5)
        }


def test_gold_is_what_the_table_says_and_a_blank_is_unknown(drawn_table: Drawn, drawn_dataset: Path) -> None:
    with drawn_table[0].open(encoding="utf-8", newline="") as source:
        wanted = {row["id"]: row["malignant"] for row in csv.DictReader(source) if row["malignant"]}
    found: dict[str, str] = {}
    for site in SITES:
        with (drawn_dataset / site / "gold.csv").open(encoding="utf-8", newline="") as source:
            found |= {row["study_id"]: row["value"] for row in csv.DictReader(source)}
    assert found == wanted
    assert "s1" not in found


def test_the_adapter_comes_along(drawn_dataset: Path) -> None:
    content = json.loads((drawn_dataset / "dataset.json").read_text(encoding="utf-8"))
    assert {one["adapter"] for one in content["hospitals"].values()} == {"breast-ultrasound.yaml"}
    assert (drawn_dataset / "breast-ultrasound.yaml").is_file()


def test_a_missing_column_is_named(drawn_table: Drawn, tmp_path: Path) -> None:
    table, columns = drawn_table
    wrong = tmp_path / "columns.yaml"
    wrong.write_text(columns.read_text(encoding="utf-8").replace("patient: case", "patient: person"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="person"):
        write_table_dataset(table, wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_image_that_is_not_there_is_named_and_nothing_is_left(drawn_table: Drawn, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(drawn_table[0].read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"rois/0\.png"):
        write_table_dataset(table, drawn_table[1], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_readers_of_one_examination_are_hospitals_of_their_own_or_named(drawn_table: Drawn, tmp_path: Path) -> None:
    with drawn_table[0].open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))[:6]
    read = [{**row, "device": reader, "grade": grade} for row in rows for reader, grade in (("山田", 4), ("佐藤", 2))]
    table = drawn_table[0].parent / "readers.csv"
    with table.open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, list(rows[0]))
        writer.writeheader()
        writer.writerows(read)
    assert write_table_dataset(table, drawn_table[1], tmp_path / "out") == {"hospital": 6, "hospital-2": 6}
    one_site = tmp_path / "columns.yaml"
    one_site.write_text(
        drawn_table[1].read_text(encoding="utf-8").replace("site: device", 'site: ""'), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match=r"id s0: expected one report at hospital.*let their column be `site`"):
        write_table_dataset(table, one_site, tmp_path / "one")
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize(
    ("value", "name"), [("GE Logiq 5 @10-12MHz", "ge-logiq-5-10-12mhz"), ("../../etc", "etc"), ("病院", "hospital")]
)
def test_a_scanner_becomes_the_name_of_a_folder(value: str, name: str) -> None:
    assert site_name(value) == name
