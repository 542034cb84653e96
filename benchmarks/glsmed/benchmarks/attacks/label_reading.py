"""Labels out of AUROCs: each is a weighted sum of labels, so many of them are linear equations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear  # type: ignore[import-untyped]  # scipy ships no types
from scipy.stats import rankdata  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.benchmarks.attacks.head_attack import Readings

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """What an attacker got right.

    Attributes:
        accuracy: share of the labels that were asked about, over all findings.
        absent: the same of always answering "absent".
        labels: how many there are.
    """

    accuracy: float
    absent: float
    labels: int

    @property
    def gain(self) -> float:
        """In percentage points, over always answering "absent"."""
        return 100 * (self.accuracy - self.absent)


def read_labels(readings: Readings, truth: Table) -> Read:
    """What the best of a few ways of reading gets right.

    The attacker is given how many positives each finding has, and the better of two rules afterwards: more than he
    would know.

    Args:
        readings: what was asked and said.
        truth: ``(N, K)`` 0 or 1, NaN where unknown.
    """
    right = absent = labels = 0.0
    for finding in range(truth.shape[1]):
        known = ~np.isnan(truth[:, finding])
        labels_of, asked = truth[known, finding], (np.arange(len(truth)) < readings.targets)[known]
        scores = [table[known, finding] for table in readings.scores]
        said = np.array([values[finding] for values in readings.aurocs])
        guesses = _guesses(scores, said, positives=int(labels_of.sum()), images=len(labels_of))
        right += max((labels_of == guess)[asked].sum() for guess in guesses)
        absent += (labels_of == 0)[asked].sum()
        labels += asked.sum()
    return Read(right / max(labels, 1), absent / max(labels, 1), int(labels))


def _guesses(scores: list[Table], said: Table, *, positives: int, images: int) -> list[Table]:
    heard = [place for place in range(len(scores)) if not np.isnan(said[place])]
    none = np.zeros(images)
    if not heard or not 0 < positives < images:
        return [none]
    likely = _solved([scores[place] for place in heard], said[heard], positives)
    first = np.zeros(images)
    first[np.argsort(-likely)[:positives]] = 1
    return [none, first, (likely > 0.5).astype(np.float64)]


def _solved(scores: list[Table], said: Table, positives: int) -> Table:
    """``(N,)`` how likely each label is 1: least squares with a prior, by the noise that fits the answers best."""
    images = len(scores[0])
    share = positives / images
    pairs = positives * (images - positives)
    equations = np.stack([(rankdata(one) - (images + 1) / 2) / pairs for one in scores])
    spread = np.sqrt(share * (1 - share))
    candidates = []
    for noise in (1e-3, 1e-2, 3e-2, 0.1):
        prior = noise / spread * np.eye(images)
        system = np.vstack([equations, prior, np.full((1, images), 0.1)])
        wanted = np.concatenate([said - 0.5, noise / spread * np.full(images, share), [0.1 * positives]])
        likely = lsq_linear(system, wanted, bounds=(0, 1)).x
        residual = float(np.std(equations @ likely - (said - 0.5)))
        candidates.append((abs(np.log((residual + 5e-4) / noise)), likely))
    return np.asarray(min(candidates, key=lambda one: one[0])[1])
