"""Every cue of a sentence with the tokens that its scope covers, whatever the finding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.reading.mentions import ActingCue
from glsmed.site_adapters.reading.scopes import acting_cues, stops
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
    acting = acting_cues(hits, n_tokens)
    lefts, rights = _bounds(hits, n_tokens)
    for place, (start, end, meaning) in enumerate(hits):
        if meaning.cue is not None:
            cue = acting.get(place)
            scope = (start, end) if cue is None else _stretch(cue, lefts[place], rights[place])
            yield CueSpan(meaning.cue, start, end, scope)


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


def _stretch(cue: ActingCue, left: int, right: int) -> tuple[int, int]:
    if cue.side == "own":
        return cue.start, cue.end
    reach = cue.cue.reach
    if reach is not None:
        left, right = max(left, cue.start - reach), min(right, cue.end + reach)
    return (cue.start if cue.side == "forward" else left, cue.end if cue.side == "backward" else right)
