"""What a phrase means to an adapter, and what the phrases of a sentence have together."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.text.phrases import Hit

Joiner = Literal["and", "or"]
Boundary = Literal["denial", "both"]

# Traits of a meaning, a bit each. A sentence without a trait need not pay for what works on it.
NAMES, ACTS, DENIES, GONE, PAST, LISTS, CHOOSES, ENDS_LIST, ENDS, PART = (1 << place for place in range(10))
_BY_KIND = {"negation": DENIES, "resolved": GONE, "historical": PAST}
SILENT = ("pseudo", "terminator")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means; all empty for an exclusion, which only keeps other phrases from matching.

    Attributes:
        mentions: findings that it names, each with the cue that is worded into it.
        sign: whether the joiner is a sign such as the comma.
        leads_on: whether the cue's words end in a preposition, so that a mention follows.
        filler: whether it may stand between the items of a list ("left", in a language written without spaces).
        region_of: findings whose region it names.
        in_region: findings that it mentions where one of their regions was named last.
        parts: composed cues that it is a part of: the cue, which of its compositions, and which part.
        boundary: what ends here: every scope, or only those of denials.
        traits: what of all this it has, as bits.
    """

    mentions: tuple[tuple[str, Cue | None], ...] = ()
    cue: Cue | None = None
    joiner: Joiner | None = None
    sign: bool = False
    leads_on: bool = False
    filler: bool = False
    region_of: tuple[str, ...] = ()
    in_region: tuple[str, ...] = ()
    parts: tuple[tuple[str, int, int], ...] = ()
    boundary: Boundary | None = None
    traits: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Note the traits, which are asked for much more often than meanings are made."""
        object.__setattr__(self, "traits", _traits_of(self))

    def merged(self, other: "Meaning") -> "Meaning":
        """Both meanings; where they differ, ``other``'s."""
        mentions = dict([*self.mentions, *other.mentions])
        return replace(
            self,
            mentions=tuple(mentions.items()),
            cue=other.cue or self.cue,
            joiner=other.joiner or self.joiner,
            leads_on=self.leads_on or other.leads_on,
            filler=self.filler or other.filler,
            region_of=self.region_of + other.region_of,
            in_region=self.in_region + other.in_region,
            parts=self.parts + other.parts,
        )


def _traits_of(meaning: Meaning) -> int:
    traits = NAMES if meaning.mentions else 0
    if meaning.joiner is not None:
        traits |= LISTS if meaning.joiner == "and" else CHOOSES
    if meaning.parts:
        traits |= PART
    if meaning.cue is not None:
        traits |= _BY_KIND.get(meaning.cue.kind, 0)
        if meaning.cue.kind not in SILENT:
            traits |= ACTS
        if meaning.joiner == "and":
            traits |= ENDS_LIST
    if meaning.boundary is not None or (meaning.cue is not None and meaning.cue.kind == "terminator"):
        traits |= ENDS
    return traits


def traits_in(hits: Iterable[Hit[Meaning]]) -> int:
    """The traits of a sentence: those of all its hits.

    ``NAMES`` a finding; a cue that ``ACTS`` on one, among them one that ``DENIES``, says that it is ``GONE``, or speaks
    of the ``PAST``; a joiner that ``LISTS`` ("and"), ``CHOOSES`` ("or"), or is one that may end a scope
    (``ENDS_LIST``); what ``ENDS`` the scope of some cue; a ``PART`` of a composed cue.
    """
    traits = 0
    for _, _, meaning in hits:
        traits |= meaning.traits
    return traits
