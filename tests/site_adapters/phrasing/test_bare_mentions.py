"""A finding without any cue means what its form says: a noun phrase alone is a cue of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.reading.reader import Reader
from tests.site_adapters.conftest import built_in_reader


@pytest.mark.parametrize(
    ("language", "text", "cue"),
    [
        ("en", "Small left effusion.", "affirmed_alone"),
        ("en", "A small left effusion is there.", "affirmed"),
        ("en", "Effusion, nodule.", "affirmed"),
        ("en", "Effusion with no pneumothorax.", "affirmed"),
        ("de", "Kleiner Pleuraerguss rechts.", "affirmed_alone"),
        ("de", "Der Pleuraerguss ist klein.", "affirmed"),
        ("es", "Pequeño derrame pleural derecho.", "affirmed_alone"),
        ("es", "El derrame pleural es pequeño.", "affirmed"),
        ("ja", "右胸水。", "affirmed_alone"),
        ("ja", "右胸水、左気胸。", "affirmed"),
    ],
)
def test_a_noun_phrase_alone_is_told_from_other_mentions(language: str, text: str, cue: str) -> None:
    cells = built_in_reader(f"{language}_radiology").read(text).cells
    assert cells["effusion"].cue == cue


def test_a_noun_phrase_alone_is_the_surer(english: Reader) -> None:
    alone, other = english.read("Small effusion.").cells, english.read("The effusion is small.").cells
    assert alone["effusion"].probability > other["effusion"].probability


def test_a_hospital_changes_each_form_by_itself(adapter_file: Callable[..., Path]) -> None:
    reader = Reader(load_adapter(adapter_file("cues: [{id: affirmed_alone, certainty: 0.66}]")))
    probability = {text: reader.read(text).cells["effusion"].probability for text in ("Effusion.", "It has effusion.")}
    assert probability == {"Effusion.": 0.66, "It has effusion.": 0.92}


def test_an_adapter_without_the_form_reads_it_as_any_mention(adapter_file: Callable[..., Path]) -> None:
    body = """
    language: en
    grammar: {script: words}
    section_weights: {body: 1}
    findings: {effusion: {terms: [effusion]}}
    cues: [{id: affirmed, kind: affirmation, certainty: 0.9}, {id: negated, kind: negation, phrases: ["no"]}]
    """
    reader = Reader(load_adapter(adapter_file(body, head="adapter: own\n")))
    assert reader.read("Effusion.").cells["effusion"].cue == "affirmed"


def test_an_explanation_names_the_form(english: Reader) -> None:
    (row,) = explain(english, "Small effusion.")
    assert row.rule.startswith("affirmed_alone (affirmation, en_radiology.yaml:")
