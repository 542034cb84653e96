"""Which cues reach which mentions of one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from glsmed.site_adapters.adapter.meaning import ACTS, ENDS, NAMES, Meaning
from glsmed.site_adapters.phrasing.heads import Heads
from glsmed.site_adapters.reading.mentions import ActingCue, Mention, count_alternatives
from glsmed.site_adapters.text.phrases import Hit, Script

Direction = Literal["forward", "backward"]

_JOINED_DISTANCE = 3
_DESCRIBING_DISTANCE = 12
# No real sentence reaches these bounds; with them, time is linear in the length of any text.
_FARTHEST_HITS = 60
_MOST_CUES = 8
_new = tuple.__new__  # a NamedTuple in half the time, where many are made
_DENYING = ("negation", "resolved")
_FORWARD, _BACKWARD = ("forward", "both"), ("backward", "both")
_ENDED = (*_DENYING, "unassessable")  # where a new statement begins


def mentions_with_cues(
    hits: Sequence[Hit[Meaning]], length: int, script: Script, heads: Heads | None = None
) -> list[Mention]:
    """The mentions of a sentence of ``length`` tokens in order, each with the cues whose scope it is in.

    Args:
        hits: of the sentence.
        length: its tokens without the stops at its end.
        script: of the language.
        heads: knows which mentions a cue in reach is not said of; without it, a cue is said of all.
    """
    mentions = {place: Mention(place, hit) for place, hit in enumerate(hits) if hit.payload.traits & NAMES}
    if mentions and (cues := acting_cues(hits, length)):
        sides = {cue.side for cue in cues.values()}
        if not sides.isdisjoint(_FORWARD):
            _walk_forward(hits, mentions, cues)
        if not sides.isdisjoint(_BACKWARD):
            _walk_backward(hits, mentions, cues, script)
        if heads is not None:
            _keep_said(mentions.values(), heads)
        _concede(hits, list(mentions.values()), cues, length)
    if len(mentions) > 1:
        count_alternatives(hits, list(mentions.values()))
    return list(mentions.values())


def acts(hit: Hit[Meaning]) -> bool:
    """Whether the hit is a cue that says something of mentions in its scope."""
    return bool(hit.payload.traits & ACTS)


def stops(hit: Hit[Meaning], direction: Direction) -> bool:
    """Whether the hit ends scopes that run in ``direction``."""
    if not hit.payload.traits & ENDS:
        return False
    cue = hit.payload.cue
    if hit.payload.boundary == "both":
        return True
    return cue is not None and cue.kind == "terminator" and cue.scope in (direction, "both")


def acting_cues(hits: Sequence[Hit[Meaning]], length: int) -> dict[int, ActingCue]:
    """The cues of a sentence of ``length`` tokens that act on mentions, each with its side, by the place of the hit."""
    found: dict[int, ActingCue] = {}
    for place, (start, end, meaning) in enumerate(hits):
        if meaning.traits & ACTS and (cue := meaning.cue) is not None:
            undecided = cue.scope == "both" and cue.kind != "differential"
            side = _chosen_side(hits, place, length) if undecided else cue.scope
            if cue.scope == "forward" and end == length and _answers(hits, place):
                side = "backward"
            found[place] = _new(ActingCue, (cue, start, end, side))
    return found


def _answers(hits: Sequence[Hit[Meaning]], place: int) -> bool:
    """Whether a cue that should look forward ends its sentence right after a mention ("Effusion: no.")."""
    before = place - 2 if place > 1 and hits[place - 1].payload.sign else place - 1
    return before >= 0 and bool(hits[before].payload.mentions) and hits[place].start - hits[before].end <= 1


def _chosen_side(hits: Sequence[Hit[Meaning]], place: int, length: int) -> Direction:
    """The side of a cue of scope both: away from the sentence's end or a sign, otherwise towards the nearer mention."""
    hit = hits[place]
    before = hits[place - 1] if place > 0 and hits[place - 1].end == hit.start else None
    if hit.end == length:
        return "backward"
    if hit.payload.leads_on or hit.start == 0 or (before is not None and before.payload.sign):
        return "forward"
    ahead = _distance(hits, range(place + 1, min(len(hits), place + _FARTHEST_HITS)))
    behind = _distance(hits, range(place - 1, max(-1, place - _FARTHEST_HITS), -1))
    return "backward" if behind < ahead else "forward"


def _distance(hits: Sequence[Hit[Meaning]], places: range) -> float:
    """Words from a cue to the first mention on one side; joiners between count extra, a terminator is too far."""
    cue = hits[places.start - places.step]
    joined = False
    for place in places:
        hit = hits[place]
        if hit.payload.mentions:
            between = hit.start - cue.end if places.step > 0 else cue.start - hit.end
            return between + joined * _JOINED_DISTANCE
        if stops(hit, "forward" if places.step > 0 else "backward"):
            break
        joined = joined or hit.payload.joiner is not None
    return float("inf")


def _walk_forward(hits: Sequence[Hit[Meaning]], mentions: dict[int, Mention], cues: dict[int, ActingCue]) -> None:
    """Give each mention the cues before it that look forward and reach it."""
    active: list[ActingCue] = []
    seen = joined = False
    for place, hit in enumerate(hits):
        if place in mentions:
            mentions[place].forward = tuple([cue for cue in active if _reaches(cue, hit)])
            mentions[place].first = not seen
            seen, joined = True, False
        meaning = hit.payload
        if meaning.traits & ENDS and stops(hit, "forward"):
            active, seen = [], False
        elif meaning.boundary == "denial":
            active, seen = [cue for cue in active if cue.cue.kind not in _ENDED], False
        elif meaning.joiner:
            joined = True
        elif (cue := cues.get(place)) and cue.side in _FORWARD:
            if seen and not _qualifies(cue, active, joined=joined):
                active = []
            active, seen = [*active[-_MOST_CUES:], cue], False


def _qualifies(cue: ActingCue, active: Sequence[ActingCue], *, joined: bool) -> bool:
    """Whether a cue after a mention still stands under the cues before that ("no opacity suggesting pneumonia")."""
    denying = (*_DENYING, "differential")
    return not joined and cue.cue.kind not in denying and any(before.cue.kind in _DENYING for before in active)


def _walk_backward(
    hits: Sequence[Hit[Meaning]], mentions: dict[int, Mention], cues: dict[int, ActingCue], script: Script
) -> None:
    """Give each mention the cues behind it: the nearest mention, and what is joined to it in a list."""
    active: list[ActingCue] = []
    nearest: Hit[Meaning] | None = None
    listed, gap = False, _Gap()
    for place in range(len(hits) - 1, -1, -1):
        hit = hits[place]
        if place in mentions:
            mention = mentions[place]
            listed = nearest is not None and gap.joins(hit, nearest, listed=listed, script=script)
            if nearest is not None and not (listed and not mention.forward):
                active = []
            mention.backward = tuple([cue for cue in active if _reaches(cue, hit)])
            nearest, gap = hit, _Gap()
        elif stops(hit, "backward"):
            active, nearest, gap = [], None, _Gap()
        elif (cue := cues.get(place)) and cue.side in _BACKWARD:
            if nearest is not None and not (script == "characters" and _describes(hit, nearest, gap)):
                active = []
            active, nearest, gap = [*active[-_MOST_CUES:], cue], None, _Gap()
        else:
            gap.take(hit)


def _keep_said(mentions: Iterable[Mention], heads: Heads) -> None:
    """Take away from each mention the cues that are said of another word."""
    for mention in mentions:
        mention.forward = tuple([cue for cue in mention.forward if heads.ahead(cue.cue, cue.at, mention.hit)])
        mention.backward = tuple([cue for cue in mention.backward if heads.behind(cue.cue, cue.at, mention.hit)])


def _describes(cue: Hit[Meaning], mention: Hit[Meaning], gap: "_Gap") -> bool:
    """Whether a cue belongs to the mention after it, as in "no [nodule suspected of] metastasis" said in Japanese."""
    return cue.payload.leads_on and not gap.signs and mention.start - cue.end <= _DESCRIBING_DISTANCE


def _concede(
    hits: Sequence[Hit[Meaning]], mentions: Sequence[Mention], cues: dict[int, ActingCue], length: int
) -> None:
    """Give the last mention the doubt that ends the sentence behind a terminator after it."""
    last = mentions[-1]
    place = len(hits) - 1
    cue = cues.get(place)
    if cue is None or place <= last.place or cue.end != length:
        return
    if cue.side != "backward" or cue.cue.kind != "uncertainty":
        return
    if any(stops(between, "backward") for between in hits[last.place + 1 : place][-_FARTHEST_HITS:]):
        last.conceded = (cue,)


@dataclass(slots=True)
class _Gap:
    """What stands between two neighbouring mentions: words and signs that join, and how many tokens they are."""

    words: int = 0
    signs: int = 0
    tokens: int = 0

    def take(self, hit: Hit[Meaning]) -> None:
        if hit.payload.joiner:
            is_sign = hit.payload.sign
            self.signs += is_sign
            self.words += not is_sign
        if hit.payload.joiner or hit.payload.filler or hit.payload.region_of:
            self.tokens += hit.end - hit.start

    def joins(self, left: Hit[Meaning], right: Hit[Meaning], *, listed: bool, script: Script) -> bool:
        """Whether both stand in one list: "A and B"; "A, B" before an "and", or with nothing else between."""
        if script == "characters":
            distance = right.start - left.end
            return self.tokens == distance and bool(not distance or self.words or self.signs)
        return bool(self.words or (self.signs and listed))


def _reaches(cue: ActingCue, mention: Hit[Meaning]) -> bool:
    reach = cue.cue.reach
    return reach is None or max(mention.start - cue.end, cue.start - mention.end) <= reach
