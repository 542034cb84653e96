"""Where a comma or an "and" that may end a statement goes on with a list, on a Spanish-like adapter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

BODY = """
language: es
grammar: {script: words, conjunctions: ["y"], alternatives: [ni, o]}
section_weights: {body: 1}
findings: {effusion: {terms: [derrame]}, mass: {terms: [masa]}, pneumonia: {terms: [neumonía]}}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation, scope: forward, phrases: ["no", sin]}
  - {id: excluded, kind: negation, scope: both, phrases: [descartado]}
  - {id: joined, kind: terminator, phrases: [",", "y"]}
"""


@pytest.fixture
def reader(adapter_file: Callable[..., Path]) -> Reader:
    return Reader(load_adapter(adapter_file(BODY, head="adapter: site\n")))


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("No fiebre, tos ni disnea.", "No fiebre, tos ni disnea"),
        ("No fiebre, tos, vómitos o disnea.", "No fiebre, tos, vómitos o disnea"),
        ("No fiebre, ritmo normal.", "No fiebre"),
        ("No fiebre, tos y disnea.", "No fiebre"),
        ("No fiebre, sin tos ni disnea.", "No fiebre"),
        ("No fiebre y buena evolución.", "No fiebre"),
        ("No fiebre y derrame.", "No fiebre y derrame"),
        ("No fiebre y tos ni disnea.", "No fiebre y tos ni disnea"),
        ("No fiebre, derrame.", "No fiebre, derrame"),
        ("No fiebre, derrame, masa.", "No fiebre, derrame, masa"),
        ("No fiebre, derrame izquierdo.", "No fiebre"),
        ("No fiebre y derrame izquierdo.", "No fiebre"),
        ("No fiebre, presenta masa.", "No fiebre"),
    ],
)
def test_what_the_first_denial_reaches(reader: Reader, text: str, scope: str) -> None:
    first = next(reader.marks(text))
    assert text[slice(*first.scope)] == scope


def test_a_comma_does_not_part_a_mention_from_the_cue_that_ends_the_sentence(reader: Reader) -> None:
    assert reader.read("Masa, descartado.").cells["mass"].state == "absent"
    assert reader.read("Masa, descartado derrame.").cells["mass"].state == "present"


def test_items_of_a_list_are_denied_and_what_follows_it_is_not(reader: Reader) -> None:
    cells = reader.read("Sin derrame, masa, que ha presentado una neumonía.").cells
    assert {name: cell.state for name, cell in cells.items()} == {
        "effusion": "absent",
        "mass": "absent",
        "pneumonia": "present",
    }
