"""Every cue of a sentence with the tokens that its scope covers, whatever the finding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.lexicon import Meaning
from glsmed.site_adapters.adapter.schema import Scope
from glsmed.site_adapters.reading.scopes import acts, cue_of, sides_of, stops
from glsmed.site_adapters.text.phrases import Hit


@dataclass(frozen=True, slots=True)
class CueSpan:
    """A cue at tokens ``start`` to ``end``; its scope without the cue itself is one stretch on each side."""

    cue: Cue
    start: int
    end: int
    scope: tuple[int, int]


def cue_spans_of(hits: Sequence[Hit[Meaning]], n_tokens: int) -> Iterator[CueSpan]:
    """The cues in the order of the sentence; pseudo cues and terminators have an empty scope."""
    sides = sides_of(hits, n_tokens)
    lefts, rights = _bounds(hits, n_tokens)
    for place, hit in enumerate(hits):
        if hit.payload.cue is not None:
            scope = (hit.start, hit.end)
            if acts(hit):
                scope = _stretch(hit, sides[place], lefts[place], rights[place])
            yield CueSpan(cue_of(hit), hit.start, hit.end, scope)


def _bounds(hits: Sequence[Hit[Meaning]], n_tokens: int) -> tuple[list[int], list[int]]:
    """For each hit, the token where a scope to its left begins and where one to its right ends."""
    lefts, left = [], 0
    for hit in hits:
        lefts.append(left)
        left = hit.end if stops(hit, "backward") else left
    rights, right = [], n_tokens
    for hit in reversed(hits):
        rights.append(right)
        right = hit.start if stops(hit, "forward") else right
    return lefts, rights[::-1]


def _stretch(hit: Hit[Meaning], side: Scope, left: int, right: int) -> tuple[int, int]:
    if side == "own":
        return hit.start, hit.end
    reach = cue_of(hit).reach
    if reach is not None:
        left, right = max(left, hit.start - reach), min(right, hit.end + reach)
    return (hit.start if side == "forward" else left, hit.end if side == "backward" else right)
