from pathlib import Path

import pytest

from glsmed.benchmarks.corpora.ptbxl import EcgReport
from glsmed.benchmarks.language.ecg_score import ecg_cells, score_ecg

ADAPTER = """
adapter: ecg
extends: en_radiology
findings:
  imi: {terms: [inferior infarct]}
  avb1: {terms: [first degree block]}
  isc: {terms: [ischaemia]}
"""


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    (tmp_path / "ecg.yaml").write_text(ADAPTER)
    return tmp_path / "ecg.yaml"


def report(
    text: str, likelihood: dict[str, float], *, unrated: frozenset[str] = frozenset(), number: int = 0
) -> EcgReport:
    return EcgReport(str(number), "1", text, likelihood, validated_by_human=True, unrated=unrated)


@pytest.mark.parametrize(
    ("text", "likelihood", "expected"),
    [
        ("Possible inferior infarct.", {"IMI": 0.35}, 0.35),
        ("Possible inferior infarct.", {}, 0.0),
        ("First degree block.", {"1AVB": 1.0}, 1.0),
        ("Ischaemia.", {"ISCAL": 0.5, "ISC_": 0.35}, 0.5),
    ],
)
def test_a_mention_has_the_likelihood_of_its_statement(
    adapter: Path, text: str, likelihood: dict[str, float], expected: float
) -> None:
    _, (cell,) = ecg_cells(adapter, [report(text, likelihood)])
    assert cell.value == expected


def test_a_statement_without_likelihood_and_the_parents_findings_are_left_out(adapter: Path) -> None:
    unrated = report("Inferior infarct.", {}, unrated=frozenset({"IMI"}))
    assert ecg_cells(adapter, [unrated, report("Pleural effusion.", {})])[1] == []


def test_labels_beat_every_fixed_table_where_words_mean_something_else(adapter: Path) -> None:
    reports = [report("Possible inferior infarct.", {"IMI": 0.9}, number=number) for number in range(150)]
    reader, cells = ecg_cells(adapter, reports)
    scores = score_ecg(reader, cells)
    assert scores.cells == 150
    assert scores.calibrated < 0.01
    assert scores.calibrated < min(scores.tables.values())
    assert scores.tables["lexicon"] == pytest.approx((0.9 - 0.5) ** 2)
    assert scores.tables["uncertain_is_0"] == pytest.approx(0.81)
    assert scores.hedged["lexicon"] == pytest.approx(0.16)
