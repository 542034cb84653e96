from pathlib import Path

import pytest

from glsmed.benchmarks.language import measure
from glsmed.benchmarks.language.fault_files import SeededFault
from glsmed.benchmarks.language.measure import lint_rows, measure_language
from glsmed.benchmarks.language.seeded_faults import SEEDED_FAULTS

CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "adapters"


def test_corpora_that_are_not_there_make_rows_that_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLSMED_DATA", str(tmp_path))
    monkeypatch.setattr(measure, "SEEDED_FAULTS", SEEDED_FAULTS[:2])
    rows = measure_language(tmp_path, ecg_adapters=CONFIGS)
    told = {row.what: row.skipped for row in rows if row.skipped}
    assert set(told) == {"Open-i", "bare mentions", "NUBes", "JMED", "PTB-XL", "speed"}
    assert all("set GLSMED_DATA to the folder" in why for why in told.values())


def test_a_fault_that_lint_misses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = SeededFault("harmless", "phrase-empty", "adapter: x\nextends: en_radiology\n")
    monkeypatch.setattr(measure, "SEEDED_FAULTS", (SEEDED_FAULTS[0], harmless))
    (row,) = lint_rows()
    assert row.value == 0.5
    assert row.numbers["missed"] == ["harmless"]
    assert row.met is False
