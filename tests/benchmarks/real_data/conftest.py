"""A drawn table of examinations of two scanners whose grades mean different things, with its images."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.benchmarks.real_data.sources.table_dataset import write_table_dataset

ADAPTER = Path(__file__).resolve().parents[3] / "configs" / "adapters" / "breast-ultrasound.yaml"
PATIENTS = 90
COLUMNS = f"""
findings: {{malignancy: malignant}}
study: id
patient: case
image: file
site: device
report: "INTERPRETATION: {{words}}.\\nBI-RADS {{grade}}."
replace: {{"&": ", "}}
adapter: {ADAPTER}
origin: drawn
"""


@pytest.fixture(scope="session")
def drawn_table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A table and the file of its columns."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "rois").mkdir()
    rng = np.random.default_rng(0)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(("id", "case", "file", "malignant", "grade", "words", "device"))
        for number in range(2 * PATIENTS):
            writer.writerow(_row(folder, number, rng))
    (folder / "columns.yaml").write_text(COLUMNS, encoding="utf-8")
    return folder / "table.csv", folder / "columns.yaml"


def _row(folder: Path, number: int, rng: np.random.Generator) -> tuple[object, ...]:
    """Two images of each patient; a present finding is a bright square."""
    patient, scanner = number // 2, "GE Logiq 5 @10-12MHz" if number % 4 < 2 else "Toshiba"
    malignant = int(rng.random() < 0.4)
    pixels = rng.integers(0, 120, (24, 24)).astype(np.uint8)
    pixels[8:16, 8:16] += np.uint8(100 * malignant)
    file = f"rois/{number}.png"
    Image.fromarray(pixels).save(folder / file)
    likely = 0.8 if scanner.startswith("GE") else 0.5
    grade = "4" if rng.random() < (likely if malignant else 0.2) else "5" if malignant else "2"
    return f"s{number}", f"p{patient}", file, malignant if number != 1 else "", grade, "Fibroadenoma&cyst", scanner


@pytest.fixture(scope="session")
def drawn_dataset(drawn_table: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a data set."""
    folder = tmp_path_factory.mktemp("data") / "drawn"
    write_table_dataset(*drawn_table, folder)
    return folder
