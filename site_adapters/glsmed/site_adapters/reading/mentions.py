"""A mention with the cues that reach it, and how many alternatives it shares them with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.adapter.schema import Scope
from glsmed.site_adapters.text.phrases import Hit


class ActingCue(NamedTuple):
    """A cue at tokens ``start`` to ``end`` that says something of the mentions on one side of it, or on both."""

    cue: Cue
    start: int
    end: int
    side: Scope

    @property
    def at(self) -> tuple[int, int]:
        """Its tokens."""
        return self.start, self.end


@dataclass(slots=True, eq=False)
class Mention:
    """A phrase that names findings, with the cues that reach it from before and from behind, nearest last.

    Attributes:
        conceded: doubt that ends the sentence after a "but" and has no other mention ("no effusion, but a small one
            cannot be excluded").
        alternatives: how many mentions share the list of alternatives ("A or B", "differential: A, B") that it is in.
    """

    place: int
    hit: Hit[Meaning]
    forward: tuple[ActingCue, ...] = ()
    backward: tuple[ActingCue, ...] = ()
    conceded: tuple[ActingCue, ...] = ()
    first: bool = False
    alternatives: int = 1


def count_alternatives(hits: Sequence[Hit[Meaning]], mentions: Sequence[Mention]) -> None:
    """Set for each mention how many alternatives are in its list of "or" and "versus"."""
    group = [mentions[0]]
    for before, after in pairwise(mentions):
        if not any(map(_parts_alternatives, hits[before.place + 1 : after.place])):
            _close(group)
            group = []
        group.append(after)
    _close(group)
    _count_listed(mentions)


def _count_listed(mentions: Sequence[Mention]) -> None:
    """Count mentions listed after one differential as alternatives too ("differential: pneumonia, edema")."""
    listed: dict[int, list[Mention]] = {}
    for mention in mentions:
        for cue in mention.forward:
            if cue.cue.kind == "differential":
                listed.setdefault(cue.start, []).append(mention)
    for group in listed.values():
        for mention in group:
            mention.alternatives = max(mention.alternatives, len(group))


def _close(group: Sequence[Mention]) -> None:
    for mention in group:
        mention.alternatives = len(group)


def _parts_alternatives(hit: Hit[Meaning]) -> bool:
    cue = hit.payload.cue
    return hit.payload.joiner == "or" or (cue is not None and cue.kind == "differential")
