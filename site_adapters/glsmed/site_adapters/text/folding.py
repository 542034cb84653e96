"""Folds text for comparison (one width, one case, no accents where the language wants that), with offsets back."""

import re
import unicodedata
from collections.abc import Sequence

# A character with the marks that combine with it: accents, and the (half-width) Japanese voicing marks.
_CLUSTER = re.compile(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
_ACCENTS = re.compile(r"[\u0300-\u036f]")
# Signs that look like others, and invisible characters (soft hyphen, zero width) that do not separate words.
_LOOKALIKES = str.maketrans(
    {"’": "'", "‘": "'", "´": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"}
) | dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_CACHE_LIMIT = 20_000


class Folding:
    """Folds text for comparison and remembers where each folded character came from.

    Args:
        accents: whether accents are taken away ("efusión" and "efusion" become one word).
    """

    def __init__(self, *, accents: bool) -> None:
        self._accents = accents
        self._folded: dict[str, str] = {}

    def fold(self, text: str) -> tuple[str, Sequence[int] | None]:
        """The folded text, and the offset in ``text`` of each of its characters and its end; None if equal."""
        if text.isascii():
            return text.lower(), None
        clusters: list[str] = _CLUSTER.findall(text)
        pieces = [self._folded.get(cluster) or self._fold_cluster(cluster) for cluster in clusters]
        folded = "".join(pieces)
        if len(clusters) == len(text) == len(folded) and all(map(len, pieces)):
            return folded, None
        return folded, _offsets(clusters, pieces)

    def _fold_cluster(self, cluster: str) -> str:
        folded = unicodedata.normalize("NFKC", cluster).translate(_LOOKALIKES).casefold()
        if self._accents:
            folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
        if len(self._folded) < _CACHE_LIMIT:
            self._folded[cluster] = folded
        return folded


def _offsets(clusters: Sequence[str], pieces: Sequence[str]) -> list[int]:
    """Offset in the text of each folded character; all characters of one cluster point at its start."""
    offsets: list[int] = []
    position = 0
    for cluster, piece in zip(clusters, pieces, strict=True):
        offsets.extend([position] * len(piece))
        position += len(cluster)
    offsets.append(position)
    return offsets
