"""What a line or sentence is by its words: one that goes on in the next, begins findings, or asks."""

import re
from collections.abc import Sequence

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.lexicon import Lexicon, Meaning, lists
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.text.phrases import Hit

_BORDER = 12  # tokens on either side of a line break that are looked at
_OPENS_LINE = 2  # tokens within which a line that goes on names its cue
_REMEMBERED = 20_000
_CARRIED_ON, _STARTS, _EARLIER = lists("carried_on"), lists("starts"), lists("earlier")
_DATE = re.compile(r"\d\s?[./年-]\s?\d")
_OPEN = lists(
    "observing",
    "verbs",
    "articles",
    "asserting",
    "carriers",
    "relations",
    "limits",
    "left",
    "right",
    "both_sides",
    "definite",
)
_NO_FINDING = ("conditional", "historical", "unassessable")
_DOUBT = ("uncertainty", "differential")
_FORWARD, _BACKWARD = ("forward", "both"), ("backward", "both")


class Signs:
    """Answers by the adapter's words; remembers what it was asked of two lines."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._remembered: dict[tuple[str, str], bool] = {}

    def goes_on(self, before: str, after: str) -> bool:
        """Whether a text and what stands in the next line, or behind a semicolon, are one sentence."""
        key = before, after
        if key not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = self._goes_on(before, after)
        return self._remembered[key]

    def _goes_on(self, before: str, after: str) -> bool:
        if not before or not after:
            return False
        ended = before[-1] in ";；"
        first = self._lexicon.read(before.rstrip(";； "))[-_BORDER:]
        second = self._lexicon.read(_sentence(after))[:_BORDER]
        ahead, behind = self._find(first), self._find(second)
        if ended:
            return self._speaks_of_before(ahead, behind, second)
        return (
            self._is_open(first, ahead)
            or self._spans(first, second, ahead, behind)
            or self._says_of_before(ahead, behind)
        )

    def _find(self, tokens: Sequence[str]) -> list[Hit[Meaning]]:
        return self._lexicon.index.find(tokens)

    def _is_open(self, tokens: Sequence[str], hits: Sequence[Hit[Meaning]]) -> bool:
        """Whether a line ends in a cue that looks forward to nothing ("There is no"), and is no answer."""
        cues = [hit for hit in hits if _is_cue(hit, _FORWARD)]
        if not cues or any(hit.payload.mentions and hit.start >= cues[-1].end for hit in hits):
            return False
        last = cues[-1]
        answers = last.start > 0 and tokens[last.start - 1] in ":?-"
        undecided = last.payload.cue is not None and last.payload.cue.scope == "both"
        if answers or (undecided and any(hit.payload.mentions for hit in hits)):
            return False
        if last.end == len(tokens) and any(hit.payload.mentions for hit in hits[-2:]):
            return False
        around = Around(tokens, self._lexicon.phrasing)
        return not around.content(last.end, len(tokens), _OPEN)

    def _spans(
        self,
        first: Sequence[str],
        second: Sequence[str],
        ahead: Sequence[Hit[Meaning]],
        behind: Sequence[Hit[Meaning]],
    ) -> bool:
        """Whether a phrase stands on both sides of the break; not where both sides name findings of their own."""
        border = len(first)
        spanning = [hit for hit in self._find([*first, *second]) if hit.start < border < hit.end]
        if not any(hit.payload.mentions or hit.payload.cue for hit in spanning):
            return False
        own = any(hit.payload.mentions for hit in ahead) and bool(behind) and behind[0].start == 0
        return not (own and behind[0].payload.mentions)

    def _says_of_before(self, ahead: Sequence[Hit[Meaning]], behind: Sequence[Hit[Meaning]]) -> bool:
        """Whether a line begins with a cue that looks back, names no finding, and the line before does."""
        if not behind or not any(hit.payload.mentions for hit in ahead) or any(hit.payload.mentions for hit in behind):
            return False
        return behind[0].start < _OPENS_LINE and _is_cue(behind[0], _BACKWARD)

    def _speaks_of_before(
        self, ahead: Sequence[Hit[Meaning]], behind: Sequence[Hit[Meaning]], tokens: Sequence[str]
    ) -> bool:
        """Whether words behind a semicolon doubt or deny what was named before it, by a word that stands for it."""
        if not any(hit.payload.mentions for hit in ahead) or any(hit.payload.mentions for hit in behind):
            return False
        doubts = [
            hit for hit in behind if _is_cue(hit, _BACKWARD) and hit.payload.cue and hit.payload.cue.kind in _DOUBT
        ]
        around = Around(tokens, self._lexicon.phrasing)
        return bool(doubts) and (doubts[0].start == 0 or around.any(0, doubts[0].start, _CARRIED_ON))

    def asks(self, sentence: str) -> bool:
        """Whether a sentence asks, or tells what the study is to find out."""
        if "?" in sentence or "？" in sentence:
            return True
        hits = self._find(self._lexicon.read(sentence))
        kinds = {hit.payload.cue.kind for hit in hits if hit.payload.cue is not None}
        return not kinds.isdisjoint(("conditional", "historical")) and "negation" not in kinds

    def reads_as_findings(self, sentence: str) -> bool:
        """Whether a sentence names a finding, as a sentence of findings does."""
        tokens = self._lexicon.read(sentence)
        hits = self._find(tokens)
        cues = [hit.payload.cue for hit in hits if hit.payload.cue is not None]
        if "?" in tokens or any(cue.kind in _NO_FINDING for cue in cues):
            return False
        if not any(hit.payload.mentions for hit in hits):
            return False
        around = Around(tokens, self._lexicon.phrasing)
        begins = around.any(0, 2, _STARTS) or (bool(hits) and hits[0].start == 0 and bool(hits[0].payload.mentions))
        return begins or any(cue.kind == "negation" for cue in cues)

    def tells_of_now(self, sentence: str) -> bool:
        """Whether a sentence reads as findings, and names neither a date nor an earlier examination."""
        if _DATE.search(sentence) or not self.reads_as_findings(sentence):
            return False
        tokens = self._lexicon.read(sentence)
        return not Around(tokens, self._lexicon.phrasing).any(0, len(tokens), _EARLIER)


def _is_cue(hit: Hit[Meaning], scopes: tuple[str, ...]) -> bool:
    cue: Cue | None = hit.payload.cue
    return cue is not None and cue.kind not in ("pseudo", "terminator") and cue.scope in scopes


def _sentence(line: str) -> str:
    """The words of a line up to its first stop."""
    for place, letter in enumerate(line):
        if letter in ".。;；" and place:
            return line[:place]
    return line
