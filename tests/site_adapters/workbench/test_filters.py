"""Each field of the filter against a plain loop over the readings."""

from collections.abc import Callable

import pytest

from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.filters import filter_of, in_use, matching
from glsmed.site_adapters.workbench.report_readings import Line
from tests.site_adapters.workbench.drawn_bench import drawn_bench

Fits = Callable[[str, Line], bool]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    more = {"Spanish": "No se observa derrame pleural en el estudio de hoy. Possible pneumonia."}
    return drawn_bench(tmp_path_factory.mktemp("filters"), more=more)


LINES: dict[str, tuple[dict[str, str], Fits]] = {
    "finding": ({"finding": "effusion"}, lambda _, line: line.finding == "effusion"),
    "finding and state of one mention": (
        {"finding": "effusion", "state": "absent"},
        lambda _, line: (line.finding, line.state) == ("effusion", "absent"),
    ),
    "cue": ({"cue": "possible"}, lambda _, line: "possible" in line.cue.split("+")),
    "section": ({"section": "indication"}, lambda _, line: line.section == "indication"),
    "probability": ({"least": "15", "most": "60"}, lambda _, line: 0.15 <= (line.target or 0) <= 0.6),
}


@pytest.mark.parametrize(("fields", "fits"), LINES.values(), ids=LINES.keys())
def test_reports_with_such_a_line_are_found(bench: Workbench, fields: dict[str, str], fits: Fits) -> None:
    expected = [name for name, one in bench.readings.items() if any(fits(name, line) for line in one.lines)]
    found = matching(filter_of(fields), bench.corpus, bench.readings)
    assert found == expected
    assert 0 < len(found) <= len(bench.readings)


def test_words_are_sought_in_text_and_id_whatever_their_case(bench: Workbench) -> None:
    expected = [name for name, text in bench.corpus.texts.items() if "whiff of" in text.lower()]
    assert matching(filter_of({"words": "WHIFF of"}), bench.corpus, bench.readings) == expected
    assert matching(filter_of({"words": "spAnish"}), bench.corpus, bench.readings) == ["Spanish"]


def test_a_language_is_that_of_any_sentence(bench: Workbench) -> None:
    assert matching(filter_of({"language": "es"}), bench.corpus, bench.readings) == ["Spanish"]


def test_gold_says_otherwise(bench: Workbench) -> None:
    found = matching(filter_of({"gold": "against"}), bench.corpus, bench.readings)
    expected = {
        name
        for (name, finding), value in bench.corpus.gold.items()
        if (cell := bench.readings[name].cells.get(finding)) is not None and int(cell.probability >= 0.5) != value
    }
    assert set(found) == expected
    assert expected


def test_nothing_asked_is_every_report(bench: Workbench) -> None:
    assert matching(filter_of({"least": "no number"}), bench.corpus, bench.readings) == list(bench.readings)


def test_choices_are_what_occurs(bench: Workbench) -> None:
    choices = in_use(bench.readings)
    assert choices["language"] == ["en", "es"]
    assert {"effusion", "cardiomegaly", "pneumonia"} <= set(choices["finding"])
