"""Mends words as they were typed: slips of one letter, words run together or parted at a line's end, misheard words.

A word that is known, or listed as a word of its own, is left as it is. A slip is mended in words of seven letters and
more, and only where all known words that are one letter away are forms of one word.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from glsmed.site_adapters.text.one_edit import is_near

SHORTEST_SLIP = 7
_SHORTEST_BEHIND = 5
_ENDING = 2
_LONG_WORD = 9
_VOWELS = "aeiou"
_TAKEN_FOR_EACH_OTHER = [frozenset(letters) for letters in ("aeiouy", "mn", "ck", "cs", "sz", "bv", "td", "gj")]
_REMEMBERED_WORDS = 50_000
_LONGEST_WORD = 40
_PARTED_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,40})-\n\s{0,40}([^\W\d_]{1,40})")
# A dash between katakana is a long vowel, in whatever width it was typed.
_LONG_VOWEL = re.compile(r"(?<=[ァ-ヴー])-(?=[ァ-ヴ])")
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W_]+")


class Mend(NamedTuple):
    """``text[start:end]`` was read as ``meant``."""

    start: int
    end: int
    meant: str


class Mending:
    """Knows what was meant.

    Args:
        known: words that are left alone.
        slips: words of findings and cues that a slip can be one of.
        base: gives the word that a known form is a form of.
        openers: words that others are run together with ("noevidence").
        misheard: words → words that were meant; in a script without spaces, any letters.
        spaced: whether words stand between spaces.
    """

    def __init__(
        self,
        known: frozenset[str],
        *,
        slips: Iterable[str],
        base: Callable[[str], str],
        openers: Iterable[str],
        misheard: Mapping[str, str],
        spaced: bool,
    ) -> None:
        self._known = known
        self._base = base
        self._openers = tuple(sorted(openers, key=len, reverse=True))
        self._slip_words: dict[tuple[str, str, int], list[str]] = {}  # by what a slip leaves as it is, and length
        for word in sorted(set(slips)):
            if len(word) >= SHORTEST_SLIP:
                for length in (len(word) - 1, len(word), len(word) + 1):
                    self._slip_words.setdefault((*_edges(word), length), []).append(word)
        self._misheard = dict(misheard)
        edge = r"\b" if spaced else ""
        listed = "|".join(map(re.escape, sorted(misheard, key=len, reverse=True)))
        self._heard = re.compile(f"{edge}(?:{listed}){edge}") if listed else None
        self._spaced = spaced
        self._words: dict[str, str | None] = {}
        self._words_behind: dict[str, list[frozenset[str]]] = {}  # first misheard word → all words, phrase by phrase
        for phrase in misheard:
            if first := _WORD.match(phrase):
                self._words_behind.setdefault(first.group(), []).append(frozenset(_TOKEN.findall(phrase)))
        self._first_misheard = frozenset(self._words_behind)
        self._fine = set(known)  # tokens that are no slips

    def mends(self, folded: str, tokens: Sequence[str]) -> list[Mend]:
        """What is mended in folded text, from left to right without overlap."""
        is_fine = self._spaced and self._fine.issuperset(tokens)
        is_misheard = self._may_be_misheard(tokens)
        if is_fine and not is_misheard and "-\n" not in folded:
            return []
        found: list[Mend] = []
        if self._heard is not None and is_misheard:
            found += [Mend(*match.span(), self._misheard[match.group()]) for match in self._heard.finditer(folded)]
        if not self._spaced:
            found += [Mend(*match.span(), "ー") for match in _LONG_VOWEL.finditer(folded)]
        else:
            if "-\n" in folded:
                found += self._joined(folded)
            if not is_fine:
                found += self._slips(folded, tokens)
        return _without_overlap(found) if len(found) > 1 else found

    def _may_be_misheard(self, tokens: Sequence[str]) -> bool:
        if not self._spaced:
            return True
        if not (firsts := self._first_misheard.intersection(tokens)):
            return False
        held = set(tokens)
        for first in firsts:
            for words in self._words_behind[first]:
                if words <= held:
                    return True
        return False

    def _joined(self, folded: str) -> list[Mend]:
        joined = [Mend(*match.span(), "".join(match.groups())) for match in _PARTED_WORD.finditer(folded)]
        return [mend for mend in joined if mend.meant in self._known]

    def _slips(self, folded: str, tokens: Sequence[str]) -> list[Mend]:
        unknown = set(tokens) - self._fine
        meant = {token: word for token in unknown if (word := self._meant(token))}
        if len(self._fine) >= len(self._known) + _REMEMBERED_WORDS:
            self._fine = set(self._known)
        self._fine.update(unknown.difference(meant))
        if not meant:
            return []
        return [Mend(*match.span(), meant[match.group()]) for match in _WORD.finditer(folded) if match.group() in meant]

    def _meant(self, word: str) -> str | None:
        if word not in self._words:
            if len(self._words) >= _REMEMBERED_WORDS:
                self._words.clear()
            self._words[word] = self._found(word) if len(word) <= _LONGEST_WORD and word.isalpha() else None
        return self._words[word]

    def _found(self, word: str) -> str | None:
        if word.startswith(self._openers) and (parted := self._parted(word)):
            return parted
        if len(word) < SHORTEST_SLIP:
            return None
        alike = self._slip_words.get((*_edges(word), len(word)), ())
        near = [other for other in alike if other != word and is_near(word, other) and _is_slip(word, other)]
        if len({self._base(other) for other in near}) != 1:
            return None
        return min(near)

    def _parted(self, word: str) -> str | None:
        """The two words that were run together in this one, if they were."""
        for opener in self._openers:
            behind = word[len(opener) :]
            if word.startswith(opener) and len(behind) >= _SHORTEST_BEHIND and behind in self._known:
                return f"{opener} {behind}"
        return None


def _edges(word: str) -> tuple[str, str]:
    """What any slip leaves as it is: the first letter and the last."""
    return word[0], word[-1]


def _is_slip(word: str, other: str) -> bool:
    """Whether two words one edit apart, of the same edges, differ as a slip of the pen does, and not as two words do.

    A letter stands for one of the same kind, and the ending is right; in a long word a vowel may lack before the last
    letter.
    """
    if word[-_ENDING:] != other[-_ENDING:]:
        return _LONG_WORD <= len(word) < len(other) and other[-_ENDING] in _VOWELS
    if len(word) != len(other):
        return True
    pairs = [{mine, theirs} for mine, theirs in zip(word, other, strict=True) if mine != theirs]
    return len(pairs) > 1 or any(pairs[0] <= letters for letters in _TAKEN_FOR_EACH_OTHER)


def _without_overlap(mends: Sequence[Mend]) -> list[Mend]:
    kept: list[Mend] = []
    for mend in sorted(mends):
        if not kept or mend.start >= kept[-1].end:
            kept.append(mend)
    return kept


def mended(folded: str, offsets: Sequence[int] | None, mends: Sequence[Mend]) -> tuple[str, Sequence[int]]:
    """Folded text with what was meant, and the offset in the text of each of its characters and its end."""
    before = range(len(folded) + 1) if offsets is None else offsets
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    for mend in mends:
        pieces += [folded[start : mend.start], mend.meant]
        places += before[start : mend.start]
        places += _spread(before[mend.start], before[mend.end], len(mend.meant))
        start = mend.end
    pieces.append(folded[start:])
    places += before[start:]
    return "".join(pieces), places


def _spread(start: int, end: int, length: int) -> list[int]:
    """Offsets of the characters of a mended word, spread over the word as it stands."""
    return [start + place * (end - start) // length for place in range(length)]
