import pytest

from glsmed.site_adapters.adapter.adapter import Cue, Place
from glsmed.site_adapters.adapter.meaning import (
    ACTS,
    CHOOSES,
    DENIES,
    ENDS,
    ENDS_LIST,
    GONE,
    LISTS,
    NAMES,
    PART,
    PAST,
    Meaning,
    traits_in,
)
from glsmed.site_adapters.adapter.schema import Kind
from glsmed.site_adapters.text.phrases import Hit


def _cue(kind: Kind) -> Cue:
    place = Place("a.yaml", None, "", inherited=False)
    return Cue("cue", kind, ("cue",), "forward", None, "cues", None, None, (), place)


@pytest.mark.parametrize(
    ("meaning", "traits"),
    [
        (Meaning(), 0),
        (Meaning(mentions=(("mass", None),)), NAMES),
        (Meaning(joiner="and"), LISTS),
        (Meaning(joiner="or"), CHOOSES),
        (Meaning(parts=(("cue", 0, 0),)), PART),
        (Meaning(boundary="denial"), ENDS),
        (Meaning(cue=_cue("negation")), ACTS | DENIES),
        (Meaning(cue=_cue("resolved")), ACTS | GONE),
        (Meaning(cue=_cue("historical")), ACTS | PAST),
        (Meaning(cue=_cue("uncertainty")), ACTS),
        (Meaning(cue=_cue("pseudo")), 0),
        (Meaning(cue=_cue("terminator"), joiner="and"), ENDS | ENDS_LIST | LISTS),
    ],
)
def test_a_meaning_has_the_traits_of_what_it_holds(meaning: Meaning, traits: int) -> None:
    assert meaning.traits == traits


def test_a_sentence_has_the_traits_of_all_its_phrases() -> None:
    meanings = (Meaning(joiner="or"), Meaning(mentions=(("mass", None),)))
    assert traits_in([Hit(place, place + 1, meaning) for place, meaning in enumerate(meanings)]) == CHOOSES | NAMES


def test_traits_follow_what_is_merged() -> None:
    assert Meaning(joiner="and").merged(Meaning(cue=_cue("terminator"))).traits == ENDS | ENDS_LIST | LISTS
