import stat
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.monitoring.drift_reference import (
    MOST_PATIENTS,
    Cell,
    DriftReference,
    by_patient,
    read_drift_reference,
    write_drift_reference,
)
from glsmed.shared.errors import DataError

CELLS = [Cell("patient-1", "effusion", 0.25, 0.35), Cell("patient-2", "nodule", 0.5, 0.05)]
REFERENCE = DriftReference(("effusion", "nodule"), by_patient(CELLS, ("effusion", "nodule")))


def test_it_comes_back_without_who_the_patients_are(tmp_path: Path) -> None:
    write_drift_reference(tmp_path, REFERENCE, study="d" * 64)
    found = read_drift_reference(tmp_path)
    assert found.findings == REFERENCE.findings
    np.testing.assert_allclose(found.values.said, REFERENCE.values.said)
    file = tmp_path / "drift-reference.json"
    assert "patient-1" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_more_patients_are_kept_than_are_needed(tmp_path: Path) -> None:
    many = by_patient([Cell(str(number), "effusion", 0.5, 0.5) for number in range(MOST_PATIENTS + 5)], ("effusion",))
    write_drift_reference(tmp_path, DriftReference(("effusion",), many), study="d")
    assert len(read_drift_reference(tmp_path).values) == MOST_PATIENTS


def test_a_site_without_any_cell_has_an_empty_reference(tmp_path: Path) -> None:
    write_drift_reference(tmp_path, DriftReference(("effusion",), by_patient([], ("effusion",))), study="d")
    assert read_drift_reference(tmp_path).values.said.shape == (0, 1)


@pytest.mark.parametrize("content", [None, "{", '{"study": "d"}'])
def test_a_missing_or_damaged_file_is_named_with_where_it_comes_from(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "drift-reference.json").write_text(content)
    with pytest.raises(DataError, match=r"drift-reference\.json: there is no usable reference .* final evaluation"):
        read_drift_reference(tmp_path)
