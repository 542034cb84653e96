from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter

Writer = Callable[..., Path]

HEAD = """\
adapter: small
language: de
grammar:
  script: words
  spellings: {ue: u}
  compounds: [{ending: verdacht, link: ["", s], cue: suspected}, {ending: bildung}]
  compound_heads: true
section_weights: {body: 1}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation, phrases: [kein]}
  - {id: suspected, kind: uncertainty, certainty: 0.4, phrases: [verdacht]}
"""
FINDINGS = """\
findings:
  effusion: {terms: [Erguss, Ergüsse], exclude: [Perikarderguss], worded: {negated: [randwinkel frei]}}
  opacity: {terms: [Schatten]}
  mass: {terms: [Schatten]}
"""


@pytest.fixture
def lexicon(adapter_file: Writer) -> Lexicon:
    return Lexicon(load_adapter(adapter_file(FINDINGS, head=HEAD)))


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("erguss", [("effusion", None)]),
        ("ERGUESSE", [("effusion", None)]),
        ("randwinkel frei", [("effusion", "negated")]),
        ("perikarderguss", []),
        ("schatten", [("opacity", None), ("mass", None)]),
        ("ergussverdacht", [("effusion", "suspected")]),
        ("ergusssverdacht", [("effusion", "suspected")]),
        ("ergussbildung", [("effusion", None)]),
        ("pleuraergussbildung", [("effusion", None)]),
        ("pleuraerguss", [("effusion", None)]),
    ],
)
def test_what_a_phrase_names(lexicon: Lexicon, text: str, mentions: list[tuple[str, str | None]]) -> None:
    (hit,) = lexicon.index.find(lexicon.tokens(text))
    assert [(finding, cue and cue.id) for finding, cue in hit.payload.mentions] == mentions


def test_the_comma_is_a_joiner_and_a_sign(lexicon: Lexicon) -> None:
    (hit,) = lexicon.index.find([","])
    assert (hit.payload.joiner, hit.payload.sign) == ("and", True)


def test_a_phrase_that_is_term_and_cue_is_both(adapter_file: Writer) -> None:
    head = HEAD.replace("phrases: [verdacht]", "phrases: [verdacht, schatten]")
    lexicon = Lexicon(load_adapter(adapter_file(FINDINGS, head=head)))
    (hit,) = lexicon.index.find(["schatten"])
    assert hit.payload.cue is not None
    assert len(hit.payload.mentions) == 2


def test_a_compound_of_an_unknown_cue_is_a_fault(adapter_file: Writer) -> None:
    from glsmed.shared.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="'suspectd' is not the id of a cue; did you mean 'suspected'"):
        load_adapter(adapter_file(FINDINGS, head=HEAD.replace("cue: suspected", "cue: suspectd")))
