import json
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.calibration.gold_cells import gold_cells, load_gold_cells, mentioned
from glsmed.site_adapters.reading.reader import Reader

TEXTS = {"a": "Possible effusion. No pneumothorax.", "b": "Clear."}
GOLD = {("a", "effusion"): 1, ("a", "pneumothorax"): 0, ("b", "effusion"): 0}


def test_each_label_stands_beside_what_was_read(english: Reader) -> None:
    cells = gold_cells(english, TEXTS, GOLD)
    assert [(gold.report_id, gold.finding, gold.value, gold.hedged) for gold in cells] == [
        ("a", "effusion", 1, True),
        ("a", "pneumothorax", 0, False),
        ("b", "effusion", 0, False),
    ]
    assert cells[0].report == cells[1].report
    assert {cell.finding for cell in cells[0].report} == {"effusion", "pneumothorax"}


def test_only_mentioned_findings_have_a_cell(english: Reader) -> None:
    cells = gold_cells(english, TEXTS, GOLD)
    assert cells[2].cell is None
    assert [cell.cue for _, cell in mentioned(cells)] == ["possible", "negated"]


def written(folder: Path, gold: str) -> tuple[Path, Path]:
    lines = [json.dumps({"id": report_id, "text": text}) for report_id, text in TEXTS.items()]
    (folder / "r.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "gold.csv").write_text("study_id,finding,value\n" + gold)
    return folder / "r.jsonl", folder / "gold.csv"


def test_files_are_read_and_findings_of_others_left_out(english: Reader, tmp_path: Path) -> None:
    reports, gold = written(tmp_path, "a,effusion,1\nb,kidney_stone,1\n")
    cells, notes = load_gold_cells(english, reports, gold)
    assert [cell.finding for cell in cells] == ["effusion"]
    assert "'kidney_stone' (1)" in notes[0].message


@pytest.mark.parametrize(
    ("gold", "message"),
    [("c,effusion,1\n", "no row is about an examination of"), ("a,efusion,1\n", "did you mean 'effusion'?")],
)
def test_a_label_that_fits_nothing_is_refused(english: Reader, tmp_path: Path, gold: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_gold_cells(english, *written(tmp_path, gold))
    assert message in str(caught.value)
