"""What is required of reading, on the public corpora where they are on this machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.benchmarks.corpora.openi import read_openi
from glsmed.benchmarks.corpora.ptbxl import read_ptbxl
from glsmed.benchmarks.language import ecg_score, openi_score
from glsmed.benchmarks.language.ecg_score import ADAPTERS, ecg_cells, score_ecg
from glsmed.benchmarks.language.openi_score import openi_cells, score_openi
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "adapters"


@pytest.fixture(autouse=True)
def _few_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openi_score, "REPEATS", 4)
    monkeypatch.setattr(ecg_score, "REPEATS", 4)


def test_open_i_reaches_its_bars(real_data: Callable[[str], Path]) -> None:
    reader = Reader(load_adapter("en_radiology"))
    scores = score_openi(reader.adapter, openi_cells(reader, read_openi(real_data("openi_reports"))))
    assert (scores.calibrated.f1 or 0) >= 0.90
    assert (scores.prior_hedged.brier or 1) <= 0.20
    assert (scores.calibrated_hedged.brier or 1) <= 0.14
    assert scores.fewest_hedged >= 400
    assert scores.few[25] <= 0.17
    assert scores.few[100] <= 0.155


@pytest.mark.parametrize("language", ADAPTERS)
def test_a_hundred_labels_beat_every_fixed_table(real_data: Callable[[str], Path], language: str) -> None:
    file, site = ADAPTERS[language]
    reports = [report for report in read_ptbxl(real_data("ptbxl_text")) if report.site == site]
    scores = score_ecg(*ecg_cells(CONFIGS / file, reports))
    assert scores.calibrated < min(scores.tables.values())
