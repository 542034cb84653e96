"""What one sentence says of each finding that it mentions: one assertion per mention, doubt before negation."""

from collections.abc import Sequence
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import Beta, Cue
from glsmed.site_adapters.adapter.lexicon import Lexicon, lists
from glsmed.site_adapters.adapter.meaning import CHOOSES, DENIES, ENDS, LISTS, NAMES, PAST, Meaning, traits_in
from glsmed.site_adapters.adapter.schema import State
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.phrasing.bare_mentions import bare_cue
from glsmed.site_adapters.phrasing.heads import Heads
from glsmed.site_adapters.phrasing.sides import Side, side_in
from glsmed.site_adapters.reading.mentions import ActingCue, Mention
from glsmed.site_adapters.reading.scopes import acts, mentions_with_cues
from glsmed.site_adapters.text.phrases import Hit

_DOUBT = ("uncertainty", "differential")
_SHARED_BY = 2
_EVEN = 0.5
_PARTING = NAMES | LISTS | CHOOSES | ENDS
_LIMITS, _TOLD = lists("limits"), lists("limits", "left", "right", "both_sides")
_new = tuple.__new__  # a NamedTuple in half the time, where many are made
_NEAR = 8  # hits or words on either side, beyond which nothing belongs to a mention


class Assertion(NamedTuple):
    """One cue on one mention; places are tokens of the sentence.

    Attributes:
        cue: id of the deciding cue; ``a+b`` where cue a stands over cue b ("probably no").
        prior: of P(finding); None where the mention is no evidence (historical, conditional).
        spread: standard deviation of the prior.
        share: factor on the cue's own mean where alternatives share it.
        implied: whether the words imply the finding with doubt of their own ("nodular opacity" for a nodule).
        resolved: whether the finding is said to be gone.
        side: the side that its words name.
        limited: whether a denial is only of some of its kind ("no new effusion").
    """

    finding: str
    state: State
    cue: str
    family: str
    prior: Beta | None
    spread: float
    share: float
    mention: tuple[int, int]
    cue_places: tuple[tuple[int, int], ...]
    implied: bool
    resolved: bool
    side: Side = ""
    limited: bool = False


class _Verdict(NamedTuple):
    """The deciding cue of a mention, and the places of its words and of the denial under it; none where words lack."""

    cue: Cue
    places: tuple[tuple[int, int], ...] = ()
    denied_by: Cue | None = None


def assertions_of(
    hits: Sequence[Hit[Meaning]], lexicon: Lexicon, *, length: int, around: Around | None = None
) -> list[Assertion]:
    """The assertions of a sentence of ``length`` tokens with these hits.

    Args:
        hits: of the sentence.
        lexicon: of the adapter.
        length: tokens of the sentence without the stops at its end.
        around: the words around findings and cues; without them, a cue is said of every mention in its scope.
    """
    tells = around is not None and around.has(_TOLD)
    heads, traits = None, traits_in(hits)
    if around is not None and traits & (DENIES | PAST):
        heads = Heads(hits, around, lexicon.script)
    mentions = mentions_with_cues(hits, length, lexicon.script, heads)
    alone = len(mentions) == 1 and not any(map(acts, hits))
    bare = bare_cue(lexicon.adapter.cues, around, alone=alone)
    found = []
    for mention in mentions:
        verdict = _verdict(mention, bare)
        told = _Told(mention, hits, around) if tells and around is not None else None
        for finding, worded in mention.hit.payload.mentions:
            found.append(_assertion(finding, mention, verdict if worded is None else _weighed(worded, verdict), told))
    return found


class _Told:
    """What the words around a mention tell besides: its side, and whether a denial is limited."""

    def __init__(self, mention: Mention, hits: Sequence[Hit[Meaning]], around: Around) -> None:
        self._mention = mention.hit
        self._around = around
        self._start, self._end = _own_words(mention, hits, len(around.tokens))
        self.side = side_in(around, self._start, self._end)

    def limits(self, cue: tuple[int, int]) -> bool:
        """Whether a denial at these tokens is only of some of its kind."""
        around, mention = self._around, self._mention
        if not around.has(_LIMITS):
            return False
        first, last = min(self._start, cue[0]), max(mention.start, cue[1])
        return around.any(max(first, mention.start - _NEAR), last, _LIMITS) or (
            around.any(mention.end, min(self._end, mention.end + 2), _LIMITS)
        )


def _own_words(mention: Mention, hits: Sequence[Hit[Meaning]], length: int) -> tuple[int, int]:
    """The tokens between what parts a mention from others on both sides."""
    start, end = 0, length
    for _, behind, meaning in hits[max(0, mention.place - _NEAR) : mention.place]:
        if meaning.traits & _PARTING:
            start = behind
    for before, _, meaning in hits[mention.place + 1 : mention.place + _NEAR]:
        if meaning.traits & _PARTING:
            end = before
            break
    return start, end


def _weighed(worded: Cue, verdict: _Verdict) -> _Verdict:
    """The worded cue, unless the sentence leaves less of the finding than the words alone do ("no nodular opacity").

    Words that are no evidence by themselves ("anything abnormal in the lungs") are so once they are denied.
    """
    if worded.prior is None:
        return verdict if verdict.cue.kind == "negation" else _Verdict(worded)
    own, said = worded.prior, verdict.cue.prior
    if worded.state == "absent" or (
        own is not None and said is not None and verdict.cue.kind != "negation" and own.mean <= said.mean
    ):
        return _Verdict(worded)
    return verdict


def _verdict(mention: Mention, bare: Cue) -> _Verdict:
    """The deciding cue of a mention.

    In this order: said to be gone; not evidence (historical, conditional, not assessable); doubt that ends the sentence
    after a "but";
    denial; doubt; affirmation; ``bare`` where no cue is left.
    """
    cues = [*mention.forward, *mention.backward]
    if not mention.conceded and len(cues) <= 1:
        return _decided_by(cues[0]) if cues else _Verdict(bare)
    for kind in ("resolved", "historical", "conditional", "unassessable"):
        if chosen := _of_kind(cues, kind):
            return _decided_by(chosen[-1])
    if mention.conceded:
        return _weakest([*mention.conceded, *_of_kind(cues, *_DOUBT)]) or _Verdict(bare)
    return _denied(mention) or _weakest(cues) or _Verdict(bare)


def _decided_by(cue: ActingCue) -> _Verdict:
    return _new(_Verdict, (cue.cue, (cue[1:3],), None))


def _of_kind(cues: Sequence[ActingCue], *kinds: str) -> list[ActingCue]:
    return [cue for cue in cues if cue.cue.kind in kinds]


def _denied(mention: Mention) -> _Verdict | None:
    """The denial that decides, if one does: not where doubt follows a mention that the denial only lists."""
    denials = _of_kind([*mention.forward, *mention.backward], "negation")
    if not denials:
        return None
    denial = denials[-1]
    if denial in mention.forward and not mention.first and _of_kind(mention.backward, *_DOUBT):
        return None
    doubts = [doubt for doubt in _of_kind(mention.forward, *_DOUBT) if doubt.start < denial.start]
    if doubts and denial in mention.forward:
        places = ((doubts[-1].start, doubts[-1].end), (denial.start, denial.end))
        return _Verdict(doubts[-1].cue, places, denied_by=denial.cue)
    return _decided_by(denial)


def _weakest(cues: Sequence[ActingCue]) -> _Verdict | None:
    """The doubt of lowest probability; if there is no doubt, the affirmation of lowest probability."""
    for kinds in (_DOUBT, ("affirmation",)):
        graded = [(cue.cue.prior.mean, cue.start, cue) for cue in _of_kind(cues, *kinds) if cue.cue.prior]
        if graded:
            return _decided_by(min(graded, key=lambda entry: entry[:2])[2])
    return None


def _assertion(finding: str, mention: Mention, verdict: _Verdict, told: _Told | None) -> Assertion:
    cue, prior, share = verdict.cue, verdict.cue.prior, 1.0
    state = cue.state
    if prior is not None and verdict.denied_by is not None:
        state, prior = _over_denial(prior)
    elif prior is not None and cue.kind == "differential" and mention.alternatives > _SHARED_BY:
        share = _SHARED_BY / mention.alternatives
        prior = Beta(prior.mean * share, prior.strength)
    cue_id = cue.id if verdict.denied_by is None else f"{cue.id}+{verdict.denied_by.id}"
    spread = 0.0 if prior is None else prior.spread
    implied, resolved = not verdict.places and cue.state == "uncertain", cue.kind == "resolved"
    side: Side = "" if told is None else told.side
    limited = told is not None and state == "absent" and bool(verdict.places) and told.limits(verdict.places[-1])
    said = (finding, state, cue_id, cue.family, prior, spread, share, mention.hit[:2], verdict.places)
    return _new(Assertion, (*said, implied, resolved, side, limited))


def _over_denial(prior: Beta) -> tuple[State, Beta]:
    """State and prior of doubt over a denial: "probably no" denies, "possibly no" is as open as "possible"."""
    if prior.mean >= _EVEN:
        return "absent", Beta(1 - prior.mean, prior.strength)
    return "uncertain", prior
