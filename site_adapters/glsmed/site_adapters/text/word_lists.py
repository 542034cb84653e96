"""Which lists of words the tokens of a sentence are in, a bit for each list."""

from collections.abc import Sequence

from glsmed.site_adapters.text.phrases import PhraseIndex


class WordLists:
    """The words of several lists, ready to be looked up.

    Args:
        index: each phrase with the lists that it is in.
    """

    def __init__(self, index: PhraseIndex[int]) -> None:
        self.words = index.words
        self._by_itself = index.by_itself()
        self._longer = index.longer()

    def of(self, tokens: Sequence[str]) -> list[int]:
        """The lists of each token; a word of a longer phrase keeps those that it is in by itself."""
        by_itself = self._by_itself
        found = [by_itself.get(token, 0) for token in tokens]
        for start, end, own in self._longer.find(tokens):
            for place in range(start, end):
                found[place] |= own
        return found
