"""Denials of another time, and ends that are not reached: "not seen on the prior film", "until resolution of"."""

from collections.abc import Sequence
from dataclasses import replace

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.lexicon import Meaning, lists
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.text.phrases import Hit, Script

_NOW, _EARLIER, _PARTIAL, _AWAITING = lists("now"), lists("earlier"), lists("partial"), lists("awaiting")
_UNREACHED = lists("nots", "awaiting")
_BEFORE, _AFTER = 6, 6
_BESIDE = 3
_CHARACTERS = 2  # in a script of characters, how many make up for one word


def in_this_time(hits: list[Hit[Meaning]], around: Around, past: Cue | None, script: Script) -> list[Hit[Meaning]]:
    """The hits without denials of an earlier examination, and without ends that are partial or awaited.

    Args:
        hits: of the sentence.
        around: its words.
        script: of the language.
        past: a cue that makes a mention no evidence; it takes the place of a denial that only speaks of the past.
    """
    scale = _CHARACTERS if script == "characters" else 1
    found = list(hits)
    for place, hit in enumerate(hits):
        cue = hit.payload.cue
        if cue is None:
            continue
        if cue.kind == "negation" and _speaks_of_the_past(hits, place, around, scale):
            now = around.has(_NOW)
            found[place] = Hit(hit.start, hit.end, replace(hit.payload, cue=None if now else past))
        elif cue.kind == "resolved" and _is_not_reached(hit, around, scale, script):
            found[place] = Hit(hit.start, hit.end, replace(hit.payload, cue=None))
    return found


def _speaks_of_the_past(hits: Sequence[Hit[Meaning]], place: int, around: Around, scale: int) -> bool:
    hit = hits[place]
    before = hits[place - 1].end if place and _parts(hits[place - 1]) else 0
    after = hits[place + 1].start if place + 1 < len(hits) and _parts(hits[place + 1]) else len(around.tokens)
    start = _words_back(around.tokens, hit.start, _BEFORE * scale)
    return around.any(max(before, start), hit.start, _EARLIER) or around.any(
        hit.end, min(after, hit.end + _AFTER * scale), _EARLIER
    )


def _words_back(tokens: Sequence[str], place: int, words: int) -> int:
    """The place so many words before; numbers and signs, as in a date, are none."""
    while place > 0 and words > 0:
        place -= 1
        words -= tokens[place].isalpha()
    return place


def _parts(hit: Hit[Meaning]) -> bool:
    cue = hit.payload.cue
    return hit.payload.sign or bool(hit.payload.mentions) or (cue is not None and cue.kind == "terminator")


def _is_not_reached(hit: Hit[Meaning], around: Around, scale: int, script: Script) -> bool:
    """Whether what is said to be gone is so in part only, or is still waited for."""
    start = hit.start - _BESIDE * scale
    if around.any(start, hit.start, _UNREACHED) or around.any(start, hit.end, _PARTIAL):
        return True
    return script == "characters" and around.any(hit.end, hit.end + _BESIDE, _AWAITING)
