from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.cells import Span
from glsmed.site_adapters.reading.reader import Reader
from tests.site_adapters.conftest import built_in_reader

Writer = Callable[..., Path]


def _state(reader: Reader, text: str, finding: str = "effusion") -> str:
    cell = reader.read(text).cells.get(finding)
    return "unmentioned" if cell is None else cell.state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("FINDINGS: Effusion.\nIMPRESSION: No effusion.", "absent"),
        ("IMPRESSION: No effusion.\nFINDINGS: Effusion.", "absent"),
        ("FINDINGS: No effusion.\nIMPRESSION: Clear.", "absent"),
        ("INDICATION: Effusion.\nFINDINGS: Clear.", "unmentioned"),
        ("HISTORY: Effusion.\nFINDINGS: No effusion.", "absent"),
        ("COMPARISON: Effusion seen before.\nFINDINGS: Clear.", "unmentioned"),
        ("INDICATION: Effusion.\nIMPRESSION: Possible effusion.", "uncertain"),
    ],
)
def test_the_weightier_section_decides(english: Reader, text: str, state: str) -> None:
    assert _state(english, text) == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("No effusion. Possible effusion.", "uncertain"),
        ("Possible effusion. No effusion.", "absent"),
        ("Possible effusion. Effusion on the lateral view.", "present"),
        ("Effusion on the left. No effusion on the right.", "present"),
        ("No effusion on the right. Effusion on the left.", "present"),
        ("Effusion before. The effusion has resolved.", "absent"),
        ("Edema. Vascular congestion.", "present"),
    ],
)
def test_within_a_section_the_later_wording_decides_but_a_presence_stays(
    english: Reader, text: str, state: str
) -> None:
    assert _state(english, text, "edema" if "Edema" in text else "effusion") == state


def test_what_names_a_finding_goes_before_what_implies_it(english: Reader) -> None:
    assert english.read("FINDINGS: No edema.\nIMPRESSION: Vascular congestion.").cells["edema"].cue == "negated"


def test_a_cell_carries_its_cue_its_section_and_its_words(english: Reader) -> None:
    text = "FINDINGS: Clear.\nIMPRESSION: A small\neffusion  cannot be excluded."
    cell = english.read(text).cells["effusion"]
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    assert (cell.state, cell.cue, cell.family, cell.section) == (
        "uncertain",
        "cannot_exclude",
        "exclusion",
        "impression",
    )
    assert (cell.probability, cell.spread, cell.strength) == (prior.mean, prior.spread, prior.strength)
    words = [(text[span.start : span.end], span.role) for span in cell.evidence]
    assert words == [("effusion", "mention"), ("cannot be excluded", "cue")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ｎｏ ｅｆｆｕｓｉｏｎ.", ["ｅｆｆｕｓｉｏｎ", "Ｎｏ"]),
        ("Café: no eﬀusion.", ["eﬀusion", "no"]),
        ("🙂 No e\u0301ffusion", ["e\u0301ffusion", "No"]),
        ("\x00 No\teffusion\x07.", ["effusion", "No"]),
        ("\ufeffNo\u00a0effu\u00adsion.", ["effu\u00adsion", "No"]),
        ("FINDINGS:\r\nNo effusion.\r\n\r\nIMPRESSION:\r\nClear.\r\n", ["effusion", "No"]),
    ],
)
def test_evidence_counts_characters_of_the_given_text(english: Reader, text: str, words: list[str]) -> None:
    evidence = english.read(text).cells["effusion"].evidence
    assert [text[span.start : span.end] for span in evidence] == words


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x01", ".", "???", "\ufeff", "a" * 100_000])
def test_text_that_says_nothing_has_no_cell(english: Reader, text: str) -> None:
    assert english.read(text).cells == {}


def test_statements_tell_what_is_no_evidence_too(english: Reader) -> None:
    statements = list(english.statements("INDICATION: Effusion?\nFINDINGS: No effusion."))
    assert [(one.section, one.weight > 0, one.assertion.state) for one in statements] == [
        ("indication", False, "uncertain"),
        ("findings", True, "absent"),
    ]


def test_a_sentence_read_before_is_placed_anew(english: Reader) -> None:
    (first,) = english.read("No effusion.").cells.values()
    (second,) = english.read("Clear. No effusion.").cells.values()
    assert first.evidence == (Span(3, 11, "mention"), Span(0, 2, "cue"))
    assert second.evidence == (Span(10, 18, "mention"), Span(7, 9, "cue"))


def test_only_new_sentences_are_counted(adapter_file: Writer) -> None:
    reader = Reader(load_adapter(adapter_file("")))
    for text in ("No effusion. Zork zork.", "No effusion."):
        reader.read(text)
    assert (reader.sentences_read, reader.sentences_unknown) == (2, 1)


@pytest.mark.parametrize("name", built_in_names())
@settings(deadline=None)
@given(data=st.data())
def test_any_text_has_cells_with_evidence_in_it(name: str, data: st.DataObject) -> None:
    reader = built_in_reader(name)
    phrases = [term for finding in reader.adapter.findings.values() for term in finding.terms[:2]]
    phrases += [phrase for cue in reader.adapter.cues.values() for phrase in cue.phrases[:2]]
    joiners = st.sampled_from([" ", ", ", ". ", "\n", ": ", "", " - "])
    words = st.one_of(st.sampled_from(phrases), st.text(st.characters(exclude_categories=["Cs"]), max_size=4))
    text = "".join(part for pair in data.draw(st.lists(st.tuples(words, joiners), max_size=12)) for part in pair)
    for finding, cell in reader.read(text).cells.items():
        assert finding in reader.adapter.findings
        assert 0 < cell.probability < 1
        assert 0 <= cell.spread < 0.5
        assert all(0 <= span.start < span.end <= len(text) for span in cell.evidence)
    for mark in reader.marks(text):
        assert 0 <= mark.scope[0] <= mark.start < mark.end <= len(text)
        assert mark.start <= mark.scope[1] <= len(text)  # a question mark that ends a sentence has nothing ahead of it
