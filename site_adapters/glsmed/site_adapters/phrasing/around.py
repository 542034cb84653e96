"""Which tokens of a sentence are in which of the adapter's lists of words around findings and cues."""

from collections.abc import Sequence

from glsmed.site_adapters.text.phrases import PhraseIndex

Lists = frozenset[str]
_NONE: Lists = frozenset()


class Around:
    """The tokens of a sentence with the names of the lists that each is in.

    Args:
        tokens: of the sentence.
        index: the words of all lists.
    """

    def __init__(self, tokens: Sequence[str], index: PhraseIndex[Lists]) -> None:
        self.tokens = tokens
        self._lists: list[Lists] = [_NONE] * len(tokens)
        for start, end, lists in index.find(tokens):
            self._lists[start:end] = [lists] * (end - start)

    def at(self, place: int) -> Lists:
        """The lists that the token is in; none outside the sentence."""
        return self._lists[place] if 0 <= place < len(self._lists) else _NONE

    def any(self, start: int, end: int, *names: str) -> bool:
        """Whether a token from ``start`` to ``end`` is in one of the lists."""
        return any(not lists.isdisjoint(names) for lists in self._lists[max(0, start) : end])

    def first(self, start: int, end: int, *names: str) -> int | None:
        """The first token from ``start`` to ``end`` that is in one of the lists."""
        for place in range(max(0, start), min(end, len(self._lists))):
            if not self._lists[place].isdisjoint(names):
                return place
        return None

    def last(self, start: int, end: int, *names: str) -> int | None:
        """The last token from ``start`` to ``end`` that is in one of the lists."""
        for place in range(min(end, len(self._lists)) - 1, max(0, start) - 1, -1):
            if not self._lists[place].isdisjoint(names):
                return place
        return None

    def content(self, start: int, end: int, *without: str) -> list[int]:
        """The places of words from ``start`` to ``end`` that are in none of the lists; signs are no words."""
        places = range(max(0, start), min(end, len(self.tokens)))
        return [at for at in places if self.tokens[at][0].isalpha() and self._lists[at].isdisjoint(without)]
