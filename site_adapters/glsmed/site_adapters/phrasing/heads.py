"""What a denial is of: "no change in the effusion" denies the change, "the nodule is not calcified" the calcium."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.lexicon import lists
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.text.phrases import Hit, Script

_TOO_FAR = 200  # words; a list so long is denied as a whole
_FARTHEST = 12  # words between a denial and a mention, or behind a bare "not"; beyond, nothing else is sought
_SIDES = lists("left", "right", "both_sides")
_SMALL = _SIDES | lists(
    "observing", "verbs", "articles", "definite", "nots", "relations", "asserting", "limits", "carriers"
)
_NO_QUALITY = _SIDES | lists(
    "observing", "verbs", "articles", "definite", "nots", "relations", "carriers", "now", "partial"
)
_CHANGES, _RELATIONS, _DEFINITE = lists("changes"), lists("relations"), lists("definite")
_CARRIERS, _OBSERVING, _NOTS = lists("carriers"), lists("observing"), lists("nots")
_NOT_OR_VERB = lists("nots", "verbs")
_QUALIFYING = ("uncertainty", "affirmation", "differential")
_HANGS_ON = frozenset("にの内")


class Heads:
    """Whether a denial or "status post" of one sentence is said of a mention, or of another word beside it."""

    def __init__(self, hits: Sequence[Hit[Meaning]], around: Around, script: Script) -> None:
        self._around = around
        self._script = script
        self._mentions: list[Hit[Meaning]] = []
        self._joiners: list[int] = []
        self._cues: list[int] = []
        for hit in hits:
            start, end, meaning = hit
            if meaning.mentions:
                self._mentions.append(hit)
            if meaning.joiner:
                self._joiners.append(start)
            if meaning.cue is not None and meaning.cue.kind in _QUALIFYING:
                self._cues.append(end)
        self._starts = [hit.start for hit in self._mentions]
        self._spared: set[int] = set()

    def ahead(self, cue: Cue, at: tuple[int, int], mention: Hit[Meaning]) -> bool:
        """Whether a cue at tokens ``at`` that looks forward is said of a mention behind it."""
        if cue.kind == "historical":
            return self._is_past(at[1], mention.start)
        if cue.kind != "negation" or self._script == "characters" or mention.start - at[1] > _TOO_FAR:
            return True
        if self._denies_another(at, mention):
            self._spared.add(mention.start)
            return False
        return True

    def behind(self, cue: Cue, at: tuple[int, int], mention: Hit[Meaning]) -> bool:
        """Whether a cue at tokens ``at`` that looks backward is said of a mention before it."""
        if cue.kind != "negation":
            return True
        if self._script == "characters":
            return not self._of_another_noun(mention.end, at[0])
        return not self._is_bare(at) or not self._denies_a_quality(at[1])

    def _is_past(self, start: int, end: int) -> bool:
        """Whether "status post" reaches so far: over a colon it does not, nor over a comma behind an operation."""
        for place in range(start, min(end, start + 4 * _FARTHEST)):
            sign = self._around.tokens[place]
            if sign == ":" and place > start:
                return False
            if sign in ",，、" and place > start:
                return bool(self._between(start, place))
        return True

    def _denies_another(self, at: tuple[int, int], mention: Hit[Meaning]) -> bool:
        if self._around.any(mention.end, mention.end + 1, _CHANGES):
            return True
        in_list = bisect_left(self._joiners, at[1]) < bisect_left(self._joiners, mention.start)
        if not in_list and self._is_bare(at) and self._denies_a_quality(at[1], mention.start):
            return True
        start = self._own_part(at[1], mention.start)
        if start > at[1] and not self._around.content(start, mention.start, _SMALL):
            before = self._between(at[1], mention.start)
            return bool(before) and before[-1].start in self._spared
        return self._hangs_on_another(start, mention.start, at)

    def _own_part(self, start: int, end: int) -> int:
        """Where the part of a list begins that a mention at ``end`` is in."""
        seen = self._between(start, end)
        if not seen:
            return start
        joined = bisect_left(self._joiners, end) - 1
        qualified = bisect_right(self._cues, end) - 1
        last_joined = self._joiners[joined] + 1 if joined >= 0 and self._joiners[joined] >= seen[0].end else start
        last_qualified = self._cues[qualified] if qualified >= 0 and self._cues[qualified] >= seen[0].end else start
        return max(last_joined, last_qualified)

    def _between(self, start: int, end: int) -> list[Hit[Meaning]]:
        """The mentions that begin from ``start`` to ``end``."""
        return self._mentions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _hangs_on_another(self, start: int, end: int, at: tuple[int, int]) -> bool:
        """Whether a word before the mention is what is denied: "no growth of the mass", "no precisa drenaje el …"."""
        around = self._around
        relation = around.first(start, end, _RELATIONS)
        if relation is None:
            definite = around.last(max(start, end - 3), end, _DEFINITE)
            return definite is not None and bool(around.content(start, definite, _NO_QUALITY))
        if named := self._between(start, relation):
            together = named[-1].end == relation and end == relation + 1  # "consolidation of pneumonia" is one thing
            return not together or bool(around.at(relation) & _DEFINITE)
        if around.any(start, relation, _CARRIERS) or (start == at[1] and around.any(*at, _CARRIERS)):
            return self._carries_change(start, end, relation)
        return bool(around.content(start, relation, _SMALL))

    def _carries_change(self, start: int, end: int, relation: int) -> bool:
        """Whether behind a carrier the finding hangs on a word of change ("no sign of growth of the nodule")."""
        if self._around.any(start, relation, _CHANGES):
            return True
        return self._around.any(start, end, _CHANGES) and self._around.first(relation + 1, end, _RELATIONS) is not None

    def _is_bare(self, at: tuple[int, int]) -> bool:
        """Whether a denial is a bare "not", with at most a verb before it."""
        inside = range(*at)
        if not self._around.at(at[1] - 1) & _NOTS:
            return False
        return all(self._around.at(place) & _NOT_OR_VERB for place in inside)

    def _denies_a_quality(self, start: int, end: int | None = None) -> bool:
        """Whether behind a bare "not" stands a word that is no word for seeing ("not calcified")."""
        around = self._around
        stop = self._clause_end(start) if end is None else end
        if around.any(start, self._clause_end(start), _OBSERVING):
            return False
        return bool(around.content(start, stop, _NO_QUALITY))

    def _clause_end(self, start: int) -> int:
        end = min(len(self._around.tokens), start + _FARTHEST)
        return next((place for place in range(start, end) if self._around.tokens[place] in ",;:.()"), end)

    def _of_another_noun(self, start: int, end: int) -> bool:
        """Whether a noun of its own stands between a mention and a denial ("結節に造影効果は認めない")."""
        around = self._around
        if start >= end or around.tokens[start] not in _HANGS_ON:
            return False
        if around.any(start, end, _CHANGES):
            return True
        nouns = [place for place in around.content(start, end, _SMALL) if _is_noun(around.tokens[place])]
        return len(nouns) > 1


def _is_noun(character: str) -> bool:
    """Whether a character is one of those that Japanese nouns are written in: no hiragana."""
    return not "ぁ" <= character[0] <= "ゟ"
