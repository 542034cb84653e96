import pytest

from glsmed.site_adapters.reading.reader import Reader


def _marks(reader: Reader, text: str) -> list[tuple[str, str, str]]:
    return [
        (text[mark.start : mark.end], mark.kind, text[mark.scope[0] : mark.scope[1]]) for mark in reader.marks(text)
    ]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("No zork.", [("No", "negation", "No zork.")]),
        ("The zork is unlikely.", [("is unlikely", "uncertainty", "The zork is unlikely")]),
        (
            "No zork but possible bork.",
            [
                ("No", "negation", "No zork "),
                ("but", "terminator", "but"),
                ("possible", "uncertainty", "possible bork."),
            ],
        ),
        ("No change in the zork.", [("No change in", "pseudo", "No change in")]),
        ("Zork versus bork.", [("versus", "differential", "Zork versus bork.")]),
        ("Zork. No bork.", [("No", "negation", "No bork.")]),
        ("", []),
    ],
)
def test_every_cue_has_the_stretch_that_it_reaches(
    english: Reader, text: str, marks: list[tuple[str, str, str]]
) -> None:
    found = _marks(english, text)
    assert [(words, kind, scope.strip(" .")) for words, kind, scope in found] == [
        (words, kind, scope.strip(" .")) for words, kind, scope in marks
    ]


def test_a_mark_names_its_cue_and_its_probability(english: Reader) -> None:
    (mark,) = english.marks("Zork cannot be excluded.")
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    assert (mark.cue, mark.probability) == ("cannot_exclude", prior.mean)


def test_a_cue_of_no_evidence_has_no_probability(english: Reader) -> None:
    (mark,) = english.marks("History of zork.")
    assert (mark.kind, mark.probability) == ("historical", None)


def test_a_reach_bounds_the_stretch(english: Reader) -> None:
    text = "Either one two three four."
    (mark,) = english.marks(text)
    assert text[mark.scope[0] : mark.scope[1]] == "Either one two"
