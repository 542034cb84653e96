"""Which tokens of a sentence are in which of the adapter's lists of words around findings and cues."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from glsmed.site_adapters.text.word_lists import WordLists


class Around:
    """The tokens of a sentence with the lists that each is in, as :func:`glsmed.site_adapters.adapter.lexicon.lists`.

    Args:
        tokens: of the sentence.
        lists: the words of all lists.
    """

    def __init__(self, tokens: Sequence[str], lists: WordLists) -> None:
        self.tokens = tokens
        self._lists = lists.of(tokens)
        self._all = reduce(or_, self._lists, 0)

    def at(self, place: int) -> int:
        """The lists that the token is in; none outside the sentence."""
        return self._lists[place] if 0 <= place < len(self._lists) else 0

    def has(self, wanted: int) -> bool:
        """Whether any token is in one of the lists."""
        return bool(self._all & wanted)

    def any(self, start: int, end: int, wanted: int) -> bool:
        """Whether a token from ``start`` to ``end`` is in one of the lists."""
        if self._all & wanted:
            for own in self._lists[max(0, start) : end]:
                if own & wanted:
                    return True
        return False

    def first(self, start: int, end: int, wanted: int) -> int | None:
        """The first token from ``start`` to ``end`` that is in one of the lists."""
        if self._all & wanted:
            for place in range(max(0, start), min(end, len(self._lists))):
                if self._lists[place] & wanted:
                    return place
        return None

    def last(self, start: int, end: int, wanted: int) -> int | None:
        """The last token from ``start`` to ``end`` that is in one of the lists."""
        if self._all & wanted:
            for place in range(min(end, len(self._lists)) - 1, max(0, start) - 1, -1):
                if self._lists[place] & wanted:
                    return place
        return None

    def content(self, start: int, end: int, without: int) -> list[int]:
        """The places of words from ``start`` to ``end`` that are in none of the lists; signs are no words."""
        places = range(max(0, start), min(end, len(self.tokens)))
        return [at for at in places if not self._lists[at] & without and self.tokens[at][0].isalpha()]
