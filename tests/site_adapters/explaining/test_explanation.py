import pytest

from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.explaining.explanation import as_text, explain, rows
from glsmed.site_adapters.reading.reader import Reader

TEXT = "INDICATION: Rule out pneumonia.\nFINDINGS: Possible effusion.\nIMPRESSION: Small effusion."


def test_every_mention_is_explained_and_one_of_a_finding_decides(english: Reader) -> None:
    explained = explain(english, TEXT)
    assert [(row.finding, row.state, row.decides) for row in explained] == [
        ("pneumonia", "no evidence", False),
        ("effusion", "uncertain", False),
        ("effusion", "present", True),
    ]


def test_the_rule_names_cue_kind_and_line(english: Reader) -> None:
    row = explain(english, "Possible effusion.")[0]
    line = english.adapter.cues["possible"].place.line
    assert (row.words, row.rule) == ("Possible … effusion", f"possible (uncertainty, en_radiology.yaml:{line})")


def test_a_combination_names_both_rules(english: Reader) -> None:
    assert " + negated (negation, " in explain(english, "Probably no pneumothorax.")[0].rule


@pytest.mark.parametrize("text", ["Possible effusion.", "Effusion is likely.", "No effusion."])
def test_label_and_rate_make_the_target(english: Reader, text: str) -> None:
    row = explain(english, text)[0]
    assert row.label is not None
    assert row.rate is not None
    assert row.label * (1 - row.rate) + row.rate / 2 == pytest.approx(row.target)
    assert row.target == english.read(text).cells["effusion"].probability


def test_a_mention_in_a_section_of_weight_0_is_no_evidence(english: Reader) -> None:
    row, decisive = explain(english, "HISTORY: Large effusion.\nIMPRESSION: No effusion.")
    assert (row.section, row.state, row.prior, row.decides) == ("history", "no evidence", None, False)
    assert (decisive.state, decisive.decides) == ("absent", True)


def test_what_is_no_evidence_has_no_numbers(english: Reader) -> None:
    row = explain(english, TEXT)[0]
    assert (row.prior, row.posterior, row.target, row.label, row.rate) == (None, None, None, None, None)


def test_a_calibration_gives_the_posterior_and_the_target(english: Reader) -> None:
    texts = {str(at): "Possible effusion." for at in range(20)}
    cells = gold_cells(english, texts, {(str(at), "effusion"): 0 for at in range(20)})
    calibration = calibrate(english.adapter, cells)
    row = explain(english, "Possible effusion.", calibration)[0]
    cell = english.read("Possible effusion.").cells["effusion"]
    assert row.prior == (cell.probability, cell.spread)
    assert row.posterior == calibration(cell)
    assert row.target == calibration(cell)[0]


def test_a_mention_that_does_not_decide_has_a_posterior_too(english: Reader) -> None:
    calibration = calibrate(english.adapter, [])
    assert explain(english, TEXT, calibration)[1].posterior is not None


def test_text_says_words_rule_and_numbers(english: Reader) -> None:
    lines = as_text(explain(english, "Possible effusion.")).splitlines()
    assert lines[0] == "effusion: uncertain, decides"
    assert [line.split()[0] for line in lines[1:]] == ["words", "rule", "prior", "target"]


def test_a_text_without_finding_says_so(english: Reader) -> None:
    assert as_text(explain(english, "Fine weather.")) == "no finding is mentioned"


def test_rows_have_a_cell_for_each_column(english: Reader) -> None:
    assert {len(row) for row in rows(explain(english, TEXT))} == {11}
