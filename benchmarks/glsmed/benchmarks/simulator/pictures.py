"""Pictures with their truth and how plain it is to see: drawn, or real ones from an archive or a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.hospitals import Hospital

MOST_DOUBTFUL = 0.15  # evidence of the least visible present finding, as in reading_room.cases
HARDEST_NEGATIVE = 0.5  # evidence that the most misleading negative gives


@dataclass(frozen=True, slots=True)
class Pictures:
    """The examinations of one hospital, one picture each.

    Attributes:
        pixels: ``(N, S, S)`` uint8.
        truth: ``(N, K)`` in {0, 1}.
        evidence: ``(N, K)`` in [0, 1]: how much of the finding a reader can see, whether it is there or not.
        names: N names of the originals, for provenance.
    """

    pixels: NDArray[np.uint8]
    truth: NDArray[np.int8]
    evidence: NDArray[np.float32]
    names: tuple[str, ...]


class PictureSource(Protocol):
    """Where pictures come from."""

    @property
    def findings(self) -> tuple[str, ...]:
        """The K findings, by canonical name."""

    def take(
        self, hospitals: Sequence[Hospital], *, studies: int, rare: bool, rng: np.random.Generator
    ) -> list[Pictures]:
        """The pictures of each hospital; no original is in two hospitals."""


def evidence_from_scores(scores: NDArray[np.floating], truth: NDArray[np.integer]) -> NDArray[np.float32]:
    """``(N,)`` evidence of real pictures from a model's scores: their rank among those of the same truth.

    A present finding ranked lowest is as doubtful as the least visible drawn one; most absent findings show nothing,
    and the one ranked highest misleads.
    """
    evidence = np.zeros(len(truth), dtype=np.float32)
    for value in (0, 1):
        chosen = np.flatnonzero(truth == value)
        rank = np.argsort(np.argsort(scores[chosen])) / max(1, len(chosen) - 1)
        shown = MOST_DOUBTFUL + (1 - MOST_DOUBTFUL) * rank if value else HARDEST_NEGATIVE * rank**4
        evidence[chosen] = shown
    return evidence
