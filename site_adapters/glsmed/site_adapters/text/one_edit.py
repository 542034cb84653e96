"""Words that differ from known ones by one letter more, one less, another one, or two that changed places."""

from collections.abc import Iterable, Iterator


class OneEdit:
    """Known words, to be found by words that are one edit away.

    Args:
        words: the known words.
        shortest: a word with fewer letters is near nothing.
    """

    def __init__(self, words: Iterable[str], *, shortest: int) -> None:
        self._words = frozenset(words)
        self._shortest = shortest
        self._without_one: dict[str, set[str]] = {}
        for word in self._words:
            for less in _deletions(word):
                self._without_one.setdefault(less, set()).add(word)

    def near(self, word: str) -> set[str]:
        """The known words that are one edit away from ``word``."""
        if len(word) < self._shortest:
            return set()
        found = set(self._without_one.get(word, ()))
        for less in _deletions(word):
            if less in self._words:
                found.add(less)
            found.update(other for other in self._without_one.get(less, ()) if _is_one_edit(word, other))
        return found - {word}

    def only(self, word: str) -> str | None:
        """The known word that is one edit away, if there is just one."""
        near = self.near(word)
        return next(iter(near)) if len(near) == 1 else None


def _deletions(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def is_near(word: str, other: str) -> bool:
    """Whether two words are one edit apart."""
    if len(word) == len(other):
        return _is_one_edit(word, other)
    longer, shorter = (word, other) if len(word) > len(other) else (other, word)
    if len(longer) - len(shorter) != 1:
        return False
    differs = next((place for place, letter in enumerate(shorter) if letter != longer[place]), len(shorter))
    return longer[differs + 1 :] == shorter[differs:]


def _is_one_edit(word: str, other: str) -> bool:
    """Whether two words of one length differ in one letter, or in two neighbours that changed places."""
    if len(word) != len(other):
        return False
    differs = [place for place in range(len(word)) if word[place] != other[place]]
    if len(differs) == 1:
        return True
    return (
        len(differs) == 2
        and differs[1] == differs[0] + 1
        and (word[differs[0]], word[differs[1]]) == (other[differs[1]], other[differs[0]])
    )
