"""A cue that may look both ways looks forward where its words end in a preposition."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

BODY = """
language: es
grammar: {script: words, prepositions: [de]}
section_weights: {body: 1}
findings: {mass: {terms: [masa]}}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation}
  - {id: suspected, kind: uncertainty, certainty: 0.5, scope: both, phrases: [sospechosa, sospechosa de]}
"""


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Masa sospechosa en la base.", "uncertain"),
        ("Masa sospechosa de malignidad.", "present"),
        ("Imagen sospechosa de masa.", "uncertain"),
    ],
)
def test_it_leaves_the_mention_before_alone(adapter_file: Callable[..., Path], text: str, state: str) -> None:
    reader = Reader(load_adapter(adapter_file(BODY, head="adapter: site\n")))
    assert reader.read(text).cells["mass"].state == state
