"""Statements about one side and the other: "Effusion on the left, none on the right" is about two things."""

from collections.abc import Sequence
from typing import Literal

from glsmed.site_adapters.adapter.lexicon import lists
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.phrasing.clauses import parted
from glsmed.site_adapters.text.phrases import Hit

Side = Literal["", "left", "right", "both"]
_LEFT, _RIGHT, _BOTH = lists("left"), lists("right"), lists("both_sides")
_SIDES = _LEFT | _RIGHT | _BOTH
_NO_SUBJECT = _SIDES | lists("articles", "definite", "relations")
_NEAR = 10  # hits beyond which nothing is sought
_ASSERTING, _OBSERVING, _VERBS = lists("asserting"), lists("observing"), lists("verbs")


def side_in(around: Around, start: int, end: int) -> Side:
    """The side that the words from ``start`` to ``end`` name; both where they name both, none where they name none."""
    if not around.has(_SIDES):
        return ""
    left, right = around.any(start, end, _LEFT), around.any(start, end, _RIGHT)
    if (left and right) or around.any(start, end, _BOTH):
        return "both"
    return "left" if left else "right" if right else ""


def with_other_side(hits: list[Hit[Meaning]], around: Around) -> list[Hit[Meaning]]:
    """The hits, with a mention wherever the other side is spoken of without naming the finding again.

    "Erguss links gering, rechts nicht nachweisbar" mentions it twice: behind the comma stands another side, no finding,
    and something that is said of it.
    """
    if not (around.has(_LEFT) and around.has(_RIGHT)):
        return hits
    found: list[Hit[Meaning]] = []
    named: Hit[Meaning] | None = None
    begin = 0
    for place, hit in enumerate(hits):
        found.append(hit)
        if hit.payload.mentions:
            named = hit
        elif named is not None and _joins(hit):
            end = _end(hits, place, around)
            if (
                echo := _echo(hits[place + 1 : place + _NEAR], (begin, hit.start), (hit.start + 1, end), around)
            ) is not None:
                found[-1] = parted(hit)
                found.append(Hit(echo, echo + 1, Meaning(mentions=named.payload.mentions)))
            begin = hit.end
    return sorted(found, key=lambda hit: (hit.start, hit.end))


def _joins(hit: Hit[Meaning]) -> bool:
    cue = hit.payload.cue
    return hit.payload.joiner is not None or (cue is not None and cue.kind == "terminator")


def _end(hits: Sequence[Hit[Meaning]], place: int, around: Around) -> int:
    """Where the words behind a joiner end: at the next one, but not at a verb that ends scopes ("besteht")."""
    behind = hits[place + 1 : place + _NEAR]
    ends = (hit.start for hit in behind if _joins(hit) and not around.any(hit.start, hit.end, _VERBS))
    return next(ends, len(around.tokens))


def _echo(hits: Sequence[Hit[Meaning]], before: tuple[int, int], after: tuple[int, int], around: Around) -> int | None:
    """Where the other side is named, if the words after the joiner speak of it without a finding."""
    inside = [hit for hit in hits if after[0] <= hit.start < after[1]]
    if any(hit.payload.mentions for hit in inside):
        return None
    first, second = side_in(around, *before), side_in(around, *after)
    if not first or not second or first == second or "both" in (first, second):
        return None
    place = around.first(*after, _SIDES)
    said = around.any(*after, _ASSERTING) or any(_says(hit, place) for hit in inside)
    return place if said or (around.any(*after, _OBSERVING) and not _has_subject(around, *after)) else None


def _has_subject(around: Around, start: int, end: int) -> bool:
    """Whether what is observed is a thing of its own: "the right lung is clear" says nothing of the finding."""
    verb = around.first(start, end, _VERBS)
    return verb is not None and bool(around.content(start, verb, _NO_SUBJECT))


def _says(hit: Hit[Meaning], place: int | None) -> bool:
    cue = hit.payload.cue
    return cue is not None and cue.kind not in ("pseudo", "terminator") and hit.start != place
