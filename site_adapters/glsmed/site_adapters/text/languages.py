"""Which language a sentence is in, as far as its small words and its script tell."""

import re
from collections.abc import Mapping, Sequence

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_LATIN_WORDS = re.compile(r"[^\W\d_]{2,}")
_FEWEST = 2
_TELLING = 3
JAPANESE = "ja"


class Languages:
    """Tells sentences of other languages from those of one's own.

    Args:
        own: the language of the adapter.
        words: language → its small words, folded.
    """

    def __init__(self, own: str, words: Mapping[str, frozenset[str]]) -> None:
        self._own = own
        self._own_words = words.get(own, frozenset())
        self._others = {language: own_words for language, own_words in words.items() if language != own and own_words}
        self._foreign = frozenset().union(*self._others.values()) - self._own_words

    def may_be_another(self, sentence: str, tokens: Sequence[str]) -> bool:
        """Whether a sentence holds any word or letter of another language, without which nothing need be counted."""
        return self._own == JAPANESE or not sentence.isascii() or not self._foreign.isdisjoint(tokens)

    def is_without_own_script(self, sentence: str) -> bool:
        """Whether a sentence has words, but none in the script of one's own language."""
        if self._own != JAPANESE or _JAPANESE.search(sentence):
            return False
        return len(_LATIN_WORDS.findall(sentence)) >= _FEWEST

    def other(self, sentence: str, tokens: Sequence[str], *, names_findings: bool) -> str | None:
        """The language of a sentence that is not in one's own; None for one that is, or that does not tell.

        Args:
            sentence: as it stands.
            tokens: its folded tokens.
            names_findings: whether it names a finding in one's own language, so that one small word is too little.
        """
        if self._own == JAPANESE:
            if not self.is_without_own_script(sentence):
                return None
            return self._nearest([word.casefold() for word in _LATIN_WORDS.findall(sentence)])
        if self._foreign.isdisjoint(tokens):
            return JAPANESE if not sentence.isascii() and self._is_japanese(sentence) else None
        foreign = sum(token in self._foreign for token in tokens)
        own = sum(token in self._own_words for token in tokens)
        if foreign <= own or (foreign < _FEWEST and names_findings and not self._is_telling(tokens)):
            return None
        return self._nearest(tokens)

    def _is_telling(self, tokens: Sequence[str]) -> bool:
        """Whether one small word is enough: a short one ("en", "de") stands in other languages too."""
        return any(len(token) >= _TELLING and token in self._foreign for token in tokens)

    def _is_japanese(self, sentence: str) -> bool:
        return len(_JAPANESE.findall(sentence)) > len(sentence) // 2

    def _nearest(self, words: Sequence[str]) -> str | None:
        counts = {language: sum(word in own for word in words) for language, own in self._others.items()}
        nearest = max(counts, key=lambda language: counts[language], default=None)
        return nearest if nearest is not None and counts[nearest] else None
