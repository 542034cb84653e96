"""Rewrites words before comparison: other spellings of the same letters, and compounds as their last part."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence

from glsmed.site_adapters.text.folding import Folding

_SHORTEST_HEAD = 5
_SHORTEST_MODIFIER = 3
_REMEMBERED_WORDS = 50_000
_LONGEST_REMEMBERED = 60


class Spelling:
    """Rewrites tokens one by one and remembers them.

    Args:
        spellings: letters → the letters that they count as.
        folding: that of the tokens.
    """

    def __init__(self, spellings: Mapping[str, str], folding: Folding) -> None:
        self._letters = {folding.fold(letters)[0]: folding.fold(other)[0] for letters, other in spellings.items()}
        self._pattern = re.compile("|".join(map(re.escape, self._letters)) or r"(?!)")
        self._known: Container[str] = frozenset()
        self._rewritten: dict[str, str] = {}
        self._heads: frozenset[str] = frozenset()
        self._head_lengths: list[int] = []

    def learn_heads(self, heads: Iterable[str], known: Container[str]) -> None:
        """Count a word that is not ``known`` as the longest of ``heads`` that it ends in."""
        self._heads = frozenset(head for head in heads if len(head) >= _SHORTEST_HEAD)
        self._head_lengths = sorted({len(head) for head in self._heads}, reverse=True)
        self._known = known
        self._rewritten.clear()

    def rewritten(self, tokens: Sequence[str]) -> list[str]:
        """The tokens, one for one, as they are compared."""
        known = self._rewritten
        return [known.get(token) or self._rewrite(token) for token in tokens]

    def _rewrite(self, token: str) -> str:
        word = self._pattern.sub(lambda match: self._letters[match.group()], token)
        word = word if word in self._known else self._head_of(word)
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self._rewritten) >= _REMEMBERED_WORDS:
                self._rewritten.clear()
            self._rewritten[token] = word
        return word

    def _head_of(self, word: str) -> str:
        for length in self._head_lengths:
            if len(word) >= length + _SHORTEST_MODIFIER and word[-length:] in self._heads:
                return word[-length:]
        return word
