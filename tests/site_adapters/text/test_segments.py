import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.text.bodies import Bodies, Section
from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.headers import Headers
from glsmed.site_adapters.text.phrases import Script
from glsmed.site_adapters.text.segments import Segmenter

HEADERS = {"impression": "impression", "findings": "findings", "reason for exam": "indication", "所見": "findings"}
ABBREVIATIONS = frozenset({"dr", "e.g", "v.a", "approx"})


def _segmenter(script: Script = "words") -> Segmenter:
    folding = Folding(accents=True)
    return Segmenter(
        Headers(HEADERS, words={}, weights={}, openers=frozenset(), folding=folding, script=script),
        Bodies({}, reads_as_findings=lambda _: False, tells_of_now=lambda _: False, asks=lambda _: True),
        abbreviations=ABBREVIATIONS,
        open_words=frozenset({"of", "and"}),
        words=frozenset(),
        goes_on=lambda before, after: False,
        folding=folding,
        script=script,
    )


def _sections(text: str) -> list[tuple[str, str]]:
    return [(section.role, text[section.start : section.end].strip()) for section in _segmenter().sections(text)]


def _sentences(text: str, script: Script = "words") -> list[str]:
    return [text[start:end] for start, end in _segmenter(script).sentences(text, Section("body", 0, len(text)))]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("", []),
        ("Clear.", [("body", "Clear.")]),
        ("FINDINGS: Clear.", [("findings", "Clear.")]),
        ("findings:Clear.", [("findings", "Clear.")]),
        ("Ｆｉｎｄｉｎｇｓ：Clear.", [("findings", "Clear.")]),
        ("Seen.\nIMPRESSION: Clear.", [("body", "Seen."), ("impression", "Clear.")]),
        ("FINDINGS: A.\n\nIMPRESSION: B.", [("findings", "A."), ("impression", "B.")]),
        ("FINDINGS: A. IMPRESSION: B.", [("findings", "A."), ("impression", "B.")]),
        ("FINDINGS\nA.\nIMPRESSION\nB.", [("findings", "A."), ("impression", "B.")]),
        ("*** FINDINGS ***\nA.", [("findings", "A.")]),
        ("【所見】\nA", [("findings", "A")]),
        ("Findings A IMPRESSION: B.", [("body", "Findings A"), ("impression", "B.")]),
        ("FINDINGS: Heart: normal. Lungs: clear.", [("findings", "Heart: normal. Lungs: clear.")]),
        ("The impression is good.", [("body", "The impression is good.")]),
        ("REASON FOR EXAM: A\nFINDINGS: B", [("indication", "A"), ("findings", "B")]),
    ],
)
def test_sections(text: str, sections: list[tuple[str, str]]) -> None:
    assert _sections(text) == sections


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("One! Two? Three; four", ["One!", "Two?", "Three;", "four"]),
        ("3.5 cm. Two.", ["3.5 cm.", "Two."]),
        ("By Dr. Smith (e.g. today). Two.", ["By Dr. Smith (e.g. today).", "Two."]),
        ("V.a. pneumonia. Two.", ["V.a. pneumonia.", "Two."]),
        ("The sidr. Two.", ["The sidr.", "Two."]),
        ("1. One.\n2. Two.", ["One.", "Two."]),
        ("In 2019. Two.", ["In 2019.", "Two."]),
        ("- One\n- Two", ["One", "Two"]),
        ("• One\n• Two", ["One", "Two"]),
        ("(1) One\n(2) Two", ["One", "Two"]),
        ("One\n\nTwo", ["One", "Two"]),
        ("One\n \n \ntwo", ["One", "two"]),
        ("One\nTwo", ["One", "Two"]),
        ("One\ngoes on", ["One\ngoes on"]),
        ("No evidence of\nPneumonia", ["No evidence of\nPneumonia"]),
        ("Effusion,\nPneumonia", ["Effusion,\nPneumonia"]),
        (
            "A sentence that ends within a line of its text. Wrapped\nMonday",
            ["A sentence that ends within a line of its text.", "Wrapped\nMonday"],
        ),
        (
            "A line of more than fifty letters that was wrapped on\nMonday",
            ["A line of more than fifty letters that was wrapped on\nMonday"],
        ),
        ("? pneumonia", ["? pneumonia"]),
        ("Pneumonia? Effusion.", ["Pneumonia?", "Effusion."]),
        ('He said "clear." Two.', ['He said "clear.', '" Two.']),
        ("\n \n", []),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert _sentences(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [("胸水なし。肺炎疑い．異常なし", ["胸水なし。", "肺炎疑い．", "異常なし"]), ("①胸水\n②肺炎", ["胸水", "肺炎"])],
)
def test_sentences_of_characters(text: str, sentences: list[str]) -> None:
    assert _sentences(text, "characters") == sentences


@settings(deadline=None)
@given(st.text(st.sampled_from("aB.:!?;\n -1(é。：IMPRESSION")))
def test_nothing_is_read_twice_or_out_of_order(text: str) -> None:
    segmenter = _segmenter()
    last = 0
    for section in segmenter.sections(text):
        assert last <= section.start <= section.end <= len(text)
        last = section.start
        for start, end in segmenter.sentences(text, section):
            assert last <= start < end <= section.end
            last = end


@settings(deadline=None)
@given(st.text(st.sampled_from("ab .\n"), max_size=60))
def test_no_letter_outside_a_header_is_lost(text: str) -> None:
    read = "".join(_sentences(text))
    assert [letter for letter in read if letter.isalpha()] == [letter for letter in text if letter.isalpha()]
