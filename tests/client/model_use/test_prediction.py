import csv
import io
from pathlib import Path

from glsmed.client.model_use.prediction import COLUMNS, Prediction, write_predictions


def test_the_table_has_the_columns_that_other_programs_expect(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    write_predictions(
        path,
        [
            Prediction("s1", 'a "b",c.png', "effusion", 0.25, 0.1, 0.4, alert=True),
            Prediction("s1", "d.png", "nodule", 1 / 3, None, None, alert=None),
            Prediction("s2", "e.png", "nodule", 0.0, 0.0, 0.1, alert=False),
        ],
    )
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert rows[0] == ["study_id", "image", "finding", "probability", "low", "high", "alert"] == list(COLUMNS)
    assert rows[1] == ["s1", 'a "b",c.png', "effusion", "0.250000", "0.100000", "0.400000", "1"]
    assert rows[2] == ["s1", "d.png", "nodule", "0.333333", "", "", ""]
    assert rows[3][-1] == "0"


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv", [])
    assert (tmp_path / "p.csv").stat().st_mode & 0o777 == 0o600
