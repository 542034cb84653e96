"""Sentences in another language than the adapter's."""

from collections.abc import Callable
from pathlib import Path

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.phrasing.foreign import cue_known_to
from glsmed.site_adapters.reading.reader import Reader

GERMAN = "Es besteht kein Nachweis von Pneumonie."


def test_a_foreign_sentence_is_no_evidence_and_is_counted(adapter_file: Callable[..., Path]) -> None:
    reader = Reader(load_adapter(adapter_file("languages: [en]")))
    assert reader.read(f"{GERMAN} Small effusion.").cells.keys() == {"effusion"}
    assert dict(reader.foreign.left_out) == {"de": 1}


def test_a_listed_language_is_read_with_its_own_vocabulary(adapter_file: Callable[..., Path]) -> None:
    reader = Reader(load_adapter(adapter_file("languages: [en, de]")))
    assert reader.read(GERMAN).cells["pneumonia"].state == "absent"
    assert dict(reader.foreign.read) == {"de": 1}


def test_a_cue_of_another_vocabulary_is_named_by_one_of_the_same_kind() -> None:
    english, german = load_adapter("en_radiology"), load_adapter("de_radiology")
    known = cue_known_to(english)
    for cue in german.cues.values():
        own = english.cues[known(cue.id, cue)]
        assert cue.id in english.cues or own.kind == cue.kind, cue.id
