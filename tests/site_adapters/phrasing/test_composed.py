"""Cues of two parts that need not stand side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

CUE = """
cues:
  - id: hunch
    kind: uncertainty
    certainty: 0.4
    composed: [{{first: [would], then: [guess], within: 4{more}}}]
"""


def cue_of(adapter_file: Callable[..., Path], text: str, more: str = "") -> str:
    return Reader(load_adapter(adapter_file(CUE.format(more=more)))).read(text).cells["mass"].cue


@pytest.mark.parametrize("text", ["I would guess a mass.", "I would for a mass guess so."])
def test_two_parts_are_one_cue_whatever_stands_between(adapter_file: Callable[..., Path], text: str) -> None:
    assert cue_of(adapter_file, text) == "hunch"


@pytest.mark.parametrize(
    "text",
    ["We guess a mass is there.", "Would one two three four five guess a mass is there.", "Guess would a mass is."],
)
def test_a_part_alone_too_far_away_or_in_the_other_order_is_no_cue(
    adapter_file: Callable[..., Path], text: str
) -> None:
    assert cue_of(adapter_file, text) == "affirmed"


def test_parts_may_stand_in_either_order_where_the_cue_says_so(adapter_file: Callable[..., Path]) -> None:
    assert cue_of(adapter_file, "Guess would a mass.", ", either_order: true") == "hunch"
