"""Finds many literal phrases in one pass, with a trie over tokens; the longest phrase at a place wins.

spaCy's PhraseMatcher finds phrases in a Doc; this index also knows inflections and fillers inside phrases, and needs no
Doc.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

Script = Literal["words", "characters"]
PayloadT = TypeVar("PayloadT")

MOST_FILLERS = 3
_new = tuple.__new__  # a NamedTuple in half the time, where many are made
_SHORTEST_INFLECTED = 4
# A hyphen or underscore inside a word parts it as a space does; between spaces it is a dash, a token of its own.
# A sign in brackets ("(-)", "(+)") and "-ve" are one token each.
# What is met most often stands first.
_WORDS = re.compile(r"[^\W_]+|\([-+±]{1,3}\)|(?<!\w)[-+]ve\b|(?<=\s)-+(?=\s)|[^\w\s-]")
_ASCII_WORDS = re.compile(_WORDS.pattern.replace(r"[^\W_]", "[A-Za-z0-9]"))  # the same in ASCII, and faster
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9]+|[\0-\x08\x0e-\x1b!-/:-@\[-^`{-\x7f]")  # … without a dash or plus
_CHARACTERS = re.compile(r"\([-+±]{1,3}\)|[a-z0-9]+|\S")
_STOPS = frozenset(".!?;:。")


def tokens_of(folded: str, script: Script) -> list[str]:
    """The tokens of folded text: words and signs, or single characters (a run of Latin letters is one)."""
    return _pattern(folded, script).findall(folded)


def token_bounds(folded: str, script: Script) -> list[tuple[int, int]]:
    """Start and end in ``folded`` of each token of :func:`tokens_of`."""
    return [match.span() for match in token_matches(folded, script)]


def token_matches(folded: str, script: Script) -> list[re.Match[str]]:
    """The tokens of :func:`tokens_of` where they stand in ``folded``."""
    return list(_pattern(folded, script).finditer(folded))


def _pattern(folded: str, script: Script) -> re.Pattern[str]:
    if script == "characters":
        return _CHARACTERS
    if not folded.isascii():
        return _WORDS
    return _ASCII_WORDS if "-" in folded or "+" in folded else _PLAIN_WORDS


def sentence_length(tokens: Sequence[str]) -> int:
    """How many tokens a sentence has without the stops at its end."""
    length = len(tokens)
    while length and tokens[length - 1] in _STOPS:
        length -= 1
    return length


def _with_letters(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(token for token in tokens if any(map(str.isalpha, token)))


class Hit(NamedTuple, Generic[PayloadT]):
    """A phrase found at tokens ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    payload: PayloadT


class _Node(Generic[PayloadT]):
    __slots__ = ("next", "payload")

    def __init__(self) -> None:
        self.next: dict[str, _Node[PayloadT]] = {}
        self.payload: PayloadT | None = None


class PhraseIndex(Generic[PayloadT]):
    """Phrases with what they mean.

    Time is linear in the tokens: at each place at most ``longest phrase x (1 + MOST_FILLERS)`` steps are taken.

    Args:
        inflections: pairs of an ending of the vocabulary's words and an ending that may replace it.
        fillers: tokens that may be skipped inside a phrase.
    """

    def __init__(self, inflections: Sequence[tuple[str, str]] = (), fillers: Collection[str] = ()) -> None:
        self._root: _Node[PayloadT] = _Node()
        self._inflections = tuple(inflections)
        self._fillers = frozenset(fillers)
        self._base: dict[str, str] = {}
        self._forms: dict[str, list[str]] = {}
        self._known = _with_letters(fillers)

    def learn_words(self, words: Iterable[str]) -> None:
        """Let the inflected forms of ``words`` count as the words themselves.

        Where several words claim a form, the shorter one gets it, and among equals the one that is itself no form of
        another ("claro" before "clara"). To be called once, with the words of all phrases, before any phrase is added.
        """
        words = set(words)
        derived = {form for word in words for form in self._inflected(word) if form != word}
        for word in sorted(words, key=lambda word: (len(word), word in derived, word)):
            base = self._base.setdefault(word, word)
            for form in self._inflected(word):
                self._base.setdefault(form, base)
        for form, base in self._base.items():
            self._forms.setdefault(base, []).append(form)
        self._known = _with_letters([*self._fillers, *self._base])

    def _inflected(self, word: str) -> Iterator[str]:
        if len(word) >= _SHORTEST_INFLECTED and word.isalpha():
            for ending, other in self._inflections:
                if word.endswith(ending):
                    yield word[: len(word) - len(ending)] + other

    def add(self, tokens: Sequence[str], payload: PayloadT) -> None:
        """Add a phrase; if it is already there, the new meaning replaces the old one."""
        node = self._root
        for token in tokens:
            base = self._base.get(token, token)
            following = node.next.get(base)
            if following is None:
                following = _Node()
                node.next.update((form, following) for form in self._forms.get(base, [base]))
            node = following
        node.payload = payload

    def get(self, tokens: Sequence[str]) -> PayloadT | None:
        """The meaning of exactly this phrase, or None."""
        node: _Node[PayloadT] | None = self._root
        for token in tokens:
            node = None if node is None else node.next.get(token)
        return None if node is None else node.payload

    @property
    def words(self) -> frozenset[str]:
        """Every word of a phrase in every form, and the fillers."""
        return self._known

    def base(self, word: str) -> str:
        """The word that ``word`` is a form of."""
        return self._base.get(word, word)

    def forms(self, word: str) -> Sequence[str]:
        """The forms that count as ``word``, itself among them."""
        return self._forms.get(self._base.get(word, word), [word])

    def knows_any(self, tokens: Iterable[str]) -> bool:
        """Whether any of the tokens is a word (no sign, no number) that stands in a phrase or is a filler."""
        return not self._known.isdisjoint(tokens)

    def find(self, tokens: Sequence[str]) -> list[Hit[PayloadT]]:
        """The phrases in ``tokens`` from left to right, without overlap."""
        fillers, last = self._fillers, len(tokens) - 1
        hits: list[Hit[PayloadT]] = []
        taken = 0
        for start, node in enumerate(map(self._root.next.get, tokens)):
            if node is None or start < taken:
                continue
            end, payload, following = start + 1, node.payload, node.next
            if following and start < last and ((token := tokens[end]) in following or token in fillers):
                end, payload = self._longest(tokens, start, node)
            if payload is not None:
                hits.append(_new(Hit, (start, end, payload)))
                taken = end
        return hits

    def by_itself(self) -> dict[str, PayloadT]:
        """Every word that is a phrase by itself, with its meaning."""
        return {word: node.payload for word, node in self._root.next.items() if node.payload is not None}

    def longer(self) -> "PhraseIndex[PayloadT]":
        """The phrases of several words alone."""
        index: PhraseIndex[PayloadT] = PhraseIndex()
        for word, node in self._root.next.items():
            if node.next:
                opener: _Node[PayloadT] = _Node()
                opener.next = node.next
                index._root.next[word] = opener
        index._fillers = self._fillers
        return index

    def _longest(self, tokens: Sequence[str], start: int, node: _Node[PayloadT]) -> tuple[int, PayloadT | None]:
        """End and meaning of the longest phrase that begins with the token of ``node``, at ``start``.

        A filler that is part of a phrase is not skipped.
        """
        found = start + 1, node.payload
        fillers, skipped = self._fillers, 0
        for place in range(start + 1, len(tokens)):
            token = tokens[place]
            following = node.next.get(token)
            if token in fillers and skipped < MOST_FILLERS:
                if following is not None:
                    return self._longest_of_several(tokens, place, (node, skipped), found)
                skipped += 1
            elif following is None:
                break
            else:
                node, skipped = following, 0
                if node.payload is not None:
                    found = place + 1, node.payload
                if not node.next:
                    break
        return found

    def _longest_of_several(
        self,
        tokens: Sequence[str],
        start: int,
        state: tuple[_Node[PayloadT], int],
        found: tuple[int, PayloadT | None],
    ) -> tuple[int, PayloadT | None]:
        """:meth:`_longest` from token ``start`` on, where a filler may be skipped or spelled out."""
        alive = [state]
        for place in range(start, len(tokens)):
            alive = self._step(alive, tokens[place])
            if not alive:
                break
            reached = next((node.payload for node, skipped in alive if not skipped and node.payload is not None), None)
            if reached is not None:
                found = place + 1, reached
        return found

    def _step(self, alive: list[tuple[_Node[PayloadT], int]], token: str) -> list[tuple[_Node[PayloadT], int]]:
        """The nodes that ``token`` leads to, each with the fillers skipped on the way to it."""
        following = [(node.next[token], 0) for node, _ in alive if token in node.next]
        if token in self._fillers:
            following += [(node, skipped + 1) for node, skipped in alive if skipped < MOST_FILLERS and node.next]
        return list(dict.fromkeys(following))  # two ways to one node are one way
