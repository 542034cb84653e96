"""configs/real: columns of published tables, and what the adapters read in them where the data are."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.benchmarks.real_data.dataset_folder import read_dataset
from glsmed.benchmarks.real_data.sources.table_columns import read_columns
from glsmed.benchmarks.real_data.sources.table_dataset import write_table_dataset
from glsmed.benchmarks.simulator.hospital_data import PRESENT, UNCERTAIN
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "configs" / "real"
ULTRASOUND = ROOT / "configs" / "adapters" / "breast-ultrasound.yaml"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_columns_name_findings_that_the_adapter_knows(path: Path) -> None:
    columns = read_columns(path)
    adapter = columns.adapter if not columns.adapter.endswith(".yaml") else str(path.parent / columns.adapter)
    assert set(columns.findings) <= set(load_adapter(adapter).findings)


@pytest.mark.parametrize(
    ("text", "state", "probability"),
    [
        ("BI-RADS 2.", "absent", 0.005),
        ("BIRADS: 3", "absent", 0.02),
        ("ACR BI-RADS category 4.", "uncertain", 0.35),
        ("BI-RADS 4A", "uncertain", 0.06),
        ("bi-rads 4b.", "uncertain", 0.3),
        ("Final category: BI-RADS IVc.", "uncertain", 0.75),
        ("BI-RADS US: 5", "present", 0.96),
        ("Irregular mass, suspicious for malignancy.", "uncertain", 0.5),
        ("INTERPRETATION: Suspicion of malignancy, fibroadenoma, papilloma.\nBI-RADS 4c.", "uncertain", 0.75),
        ("No sign of malignancy.", "absent", 0.01),
        ("Benign cyst, no evidence of carcinoma. BI-RADS 2", "absent", 0.005),
    ],
)
def test_grades_of_breast_ultrasound_are_read(text: str, state: str, probability: float) -> None:
    cell = Reader(load_adapter(str(ULTRASOUND))).read(text).cells["malignancy"]
    assert cell.state == state
    assert cell.probability == pytest.approx(probability, abs=0.02)


def test_an_incomplete_examination_is_no_label() -> None:
    assert "malignancy" not in Reader(load_adapter(str(ULTRASOUND))).read("BI-RADS 0.").cells


def test_scanners_mean_different_things_by_one_grade(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    write_table_dataset(real_data("busbra") / "busbra.csv", FOLDER / "busbra.yaml", tmp_path / "busbra")
    hospitals = {one.name: one for one in read_dataset(tmp_path / "busbra", size_px=16)}
    assert len(hospitals) == 4
    shares = {
        name: float(one.truth[one.state == UNCERTAIN].mean()) for name, one in hospitals.items() if len(one.cells) > 600
    }
    assert shares["ge-logiq-5-10-12mhz"] - shares["ge-logiq-7-10-14mhz"] > 0.15
    assert all(float(one.truth[one.state == PRESENT].mean()) > 0.85 for one in hospitals.values())
