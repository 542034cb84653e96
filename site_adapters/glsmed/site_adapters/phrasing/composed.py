"""Cues of two parts that need not stand side by side ("neither … can be excluded", "schließt … nicht aus")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.meaning import PART, Meaning, traits_in
from glsmed.site_adapters.text.phrases import Hit

_MOST_BETWEEN = 16  # hits; with this bound, time is linear in the length of any text
_NOTHING = Meaning()


def with_composed(hits: list[Hit[Meaning]], cues: Mapping[str, Cue]) -> list[Hit[Meaning]]:
    """The hits, in which two parts of a composed cue are that cue, and other parts mean what they mean alone."""
    if not traits_in(hits) & PART:
        return hits
    found = {place: hit.payload for place, hit in enumerate(hits) if hit.payload.parts}
    meanings = {place: replace(meaning, parts=()) for place, meaning in found.items()}
    taken: set[int] = set()
    for pair in sorted(_pairs(hits, found, cues), key=lambda pair: _rank(pair, cues)):
        if taken.isdisjoint((pair.first, pair.second)):
            first = [pair.first, *_repeated(hits, found, pair)]  # "neither A nor B can be excluded"
            taken.update((*first, pair.second))
            for place in (pair.second,) if pair.at == "second" else (*first, pair.second):
                meanings[place] = replace(meanings[place], cue=cues[pair.cue], joiner=None)
    composed = [hit if at not in meanings else Hit(hit.start, hit.end, meanings[at]) for at, hit in enumerate(hits)]
    return [hit for at, hit in enumerate(composed) if at not in meanings or hit.payload != _NOTHING]


class _Pair(NamedTuple):
    """The places of both parts, in the order of the sentence, with the cue and where it then stands."""

    first: int
    second: int
    cue: str
    number: int
    at: str


def _rank(pair: _Pair, cues: Mapping[str, Cue]) -> tuple[int, bool]:
    """Which pair counts where several share a part: the nearer one; doubt before denial ("schließt … nicht aus")."""
    return pair.second - pair.first, cues[pair.cue].kind == "negation"


def _repeated(hits: Sequence[Hit[Meaning]], found: Mapping[int, Meaning], pair: _Pair) -> list[int]:
    """The place before a pair where its first part stands once more, with a finding between."""
    before, part = pair.first - 2, (pair.cue, pair.number, 0)
    if before in found and part in found[before].parts and hits[pair.first - 1].payload.mentions:
        return [before]
    return []


def _pairs(hits: Sequence[Hit[Meaning]], found: Mapping[int, Meaning], cues: Mapping[str, Cue]) -> Iterator[_Pair]:
    for place in found:
        for cue_id, number, part in found[place].parts:
            composed = cues[cue_id].composed[number]
            if part and not composed.either_order:
                continue
            other = _other_part(hits, place, (cue_id, number, 1 - part), within=composed.within)
            if other is not None:
                yield _Pair(place, other, cue_id, number, composed.at)


def _other_part(hits: Sequence[Hit[Meaning]], place: int, part: tuple[str, int, int], *, within: int) -> int | None:
    """The nearest hit after ``place`` that is this part, with no end of a scope between."""
    for other in range(place + 1, min(len(hits), place + _MOST_BETWEEN)):
        hit = hits[other]
        if hit.start - hits[place].end > within:
            break
        if part in hit.payload.parts:
            return other
        cue = hit.payload.cue
        if cue is not None and cue.kind == "terminator" and not hit.payload.joiner:
            break
    return None
