"""Sentences as an adapter's own words part them."""

from collections.abc import Callable
from pathlib import Path

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


def test_the_stop_of_an_abbreviation_in_a_phrase_ends_no_sentence(adapter_file: Callable[..., Path]) -> None:
    body = "cues: [{id: negated, phrases: [no radiol. sign of]}]"
    reader = Reader(load_adapter(adapter_file(body)))
    assert reader.read("There is no radiol. sign of effusion.").cells["effusion"].state == "absent"


def test_a_line_that_ends_in_an_open_word_goes_on(adapter_file: Callable[..., Path]) -> None:
    reader = Reader(load_adapter(adapter_file("cues: [{id: negated, phrases: [nothing like an]}]")))
    assert reader.read("Nothing like an\nEffusion.").cells["effusion"].state == "absent"
