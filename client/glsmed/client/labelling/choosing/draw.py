"""How many cells of each stratum are asked next, in which order, and what their labels weigh."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from glsmed.client.labelling.choosing.pool import Floats, Integers, Pool
from glsmed.client.labelling.choosing.worth import Standing, label_gains

FLOOR = 0.2  # share of labels that are drawn in proportion to the strata's sizes, whatever they are worth
BATCH = 25  # labels that are allotted together


def allot(pool: Pool, standing: Standing, *, labels: int, rng: np.random.Generator) -> Integers:
    """``(H,)`` how many further cells of each stratum to ask about.

    Each label goes where one more is worth most; one in five, by chance, to a stratum in proportion to its cells left.
    How many of a stratum are taken depends on words and on counts, never on which examinations come next: so those that
    come are a simple random sample of the stratum.
    """
    counts = standing.labels.copy()
    for _ in range(min(labels, int((pool.sizes - counts).sum()))):
        left = pool.sizes - counts
        if rng.random() < FLOOR:
            chosen = int(rng.choice(len(left), p=left / left.sum()))
        else:
            chosen = _best(label_gains(pool, Standing(counts, standing.present, standing.absent)), left)
        counts[chosen] += 1
    return counts - standing.labels


def _best(gains: Floats, left: Integers) -> int:
    return int(np.argmax(np.where(left > 0, gains, -1.0)))


def order_number(secret: str, study_id: str) -> float:
    """The examination's own place in every stratum's order, uniform in [0, 1): the same whenever it is asked.

    With one number per examination the strata are drawn together (permanent random numbers: Ohlsson, Coordination of
    samples, 1995), so that one opened image answers several questions.
    """
    return int.from_bytes(hashlib.sha256(f"{secret}\0{study_id}".encode()).digest()[:6]) / 2**48


def label_weights(sizes: Mapping[str, int], strata: Iterable[str]) -> dict[str, float]:
    """What a label of each stratum weighs: N_h / n_h, scaled so that the labels weigh 1 on average.

    Args:
        sizes: N_h, cells of each stratum.
        strata: the stratum of each answered cell.
    """
    counts: dict[str, int] = {}
    for name in strata:
        counts[name] = counts.get(name, 0) + 1
    total, cells = sum(counts.values()), sum(sizes[name] for name in counts)
    return {name: sizes[name] / count * total / cells for name, count in counts.items()}
