from collections.abc import Callable
from pathlib import Path

from glsmed.site_adapters.lint.lint_context import load_subject

Writer = Callable[..., Path]
ROOT = """
adapter: own
language: en
grammar: {script: words}
section_weights: {body: 1}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation, phrases: ["no"]}
"""


def test_phrases_are_those_in_force_with_their_places(adapter_file: Writer) -> None:
    path = adapter_file("findings: {effusion: {terms: [wet base], remove: [hydrothorax]}}")
    subject = load_subject(path)
    (own,) = subject.own_phrases
    assert (own.text, own.role, own.owner, own.place.line) == ("wet base", "term", "effusion", 3)
    assert "hydrothorax" not in {phrase.text for phrase in subject.phrases}


def test_inflected_forms_are_one_phrase() -> None:
    subject = load_subject("en_radiology")
    tokens = {phrase.text: phrase.tokens for phrase in subject.phrases if phrase.owner == "nodule"}
    assert tokens["nodule"] in subject.by_tokens


def test_cues_are_tried_on_short_terms_of_several_findings() -> None:
    probes = load_subject("en_radiology").probe_terms
    assert len({finding for _, finding in probes}) == 3
    assert all(term.isalpha() for term, _ in probes)


def test_long_terms_serve_where_there_are_no_short_ones(adapter_file: Writer) -> None:
    path = adapter_file("findings: {imi: {terms: [inferior infarct, old inferior infarct]}}", head=ROOT)
    assert load_subject(path).probe_terms == [("inferior infarct", "imi")]


def test_a_root_file_has_no_parents_cues(adapter_file: Writer) -> None:
    assert load_subject(adapter_file("findings: {imi: {terms: [infarct]}}", head=ROOT)).parent_cues == {}


def test_sentences_are_written_as_the_language_writes_them(adapter_file: Writer) -> None:
    assert load_subject("en_radiology").sentence("possible", "mass") == "Possible mass."
    assert load_subject("ja_radiology").sentence("胸水", "疑い") == "胸水疑い。"
