"""Cue and scope scores on sentences worked by hand."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from glsmed.benchmarks.corpora.nubes import GoldCue, NubesText
from glsmed.benchmarks.language.nubes_score import score_nubes
from glsmed.site_adapters.adapter.schema import Kind
from glsmed.site_adapters.reading.cells import Mark
from glsmed.site_adapters.reading.reader import Reader

#       0123456789012345678901234567890
TEXT = "No fiebre ni tos, posible masa."


def mark(start: int, end: int, kind: Kind, scope: tuple[int, int]) -> Mark:
    return Mark(start=start, end=end, kind=kind, cue="c", probability=None, scope=scope)


def reader_that_marks(*marks: Mark) -> Reader:
    def found(_: str) -> Iterator[Mark]:
        yield from marks

    return cast("Reader", SimpleNamespace(marks=found))


GOLD = NubesText(
    "t",
    TEXT,
    (GoldCue("negation", 0, 2, False, ((3, 16),)), GoldCue("uncertainty", 18, 25, False, ((26, 30),))),
)


def test_a_perfect_reader() -> None:
    reader = reader_that_marks(mark(0, 2, "negation", (3, 16)), mark(18, 25, "uncertainty", (26, 30)))
    numbers = score_nubes(reader, [GOLD])
    assert [numbers[f"{name}_f1"] for name in ("negation", "uncertainty", "scope")] == [1, 1, 1]


def test_any_overlap_is_right_and_the_wrong_kind_is_not() -> None:
    reader = reader_that_marks(mark(0, 9, "negation", (10, 16)), mark(18, 25, "negation", (26, 30)))
    numbers = score_nubes(reader, [GOLD])
    assert (numbers["negation_precision"], numbers["negation_recall"]) == (0.5, 1)
    assert (numbers["uncertainty_precision"], numbers["uncertainty_recall"]) == (0, 0)


def test_scope_counts_words_and_leaves_out_the_cue() -> None:
    reader = reader_that_marks(mark(0, 9, "negation", (10, 25)))
    numbers = score_nubes(reader, [GOLD])
    # gold: fiebre, ni, tos; masa. predicted: ni, tos, posible. right: ni, tos.
    assert numbers["scope_precision"] == pytest.approx(2 / 3)
    assert numbers["scope_recall"] == pytest.approx(2 / 4)


@pytest.mark.parametrize(
    ("kind", "name"), [("resolved", "negation"), ("differential", "uncertainty"), ("negation", "negation")]
)
def test_kinds_that_count_as_one(kind: Kind, name: str) -> None:
    gold = NubesText("t", TEXT, (GoldCue("negation", 0, 2, False), GoldCue("uncertainty", 0, 2, False)))
    numbers = score_nubes(reader_that_marks(mark(0, 2, kind, (3, 9))), [gold])
    assert numbers[f"{name}_f1"] == 1


@pytest.mark.parametrize("kind", ["pseudo", "terminator", "historical", "conditional", "affirmation"])
def test_other_kinds_do_not_count(kind: Kind) -> None:
    numbers = score_nubes(reader_that_marks(mark(0, 2, kind, (3, 9))), [GOLD])
    assert numbers["negation_precision"] == 0
