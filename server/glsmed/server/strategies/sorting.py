"""The values of the sites in rising order, for each parameter by itself."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from glsmed.server.strategies.rule import Values

_STRETCH = 16384  # parameters at a time, so that what is compared stays in the processor's cache


def mean_of_middle(updates: Values, *, left_out: int) -> Values:
    """``(B,)`` the mean of each column of ``(S, B)`` without its ``left_out`` lowest and highest values."""
    merged = np.empty(updates.shape[1], np.float32)
    for place, values in _sorted_stretches(updates):
        np.mean(values[left_out : len(values) - left_out], axis=0, dtype=np.float32, out=merged[place])
    return merged


def _sorted_stretches(updates: Values) -> Iterator[tuple[slice, Values]]:
    """Parts of ``(S, B)`` with each column sorted, and where they belong; a part is overwritten by the next.

    A sorting network of vector operations: five to ten times as fast as ``numpy.sort`` along the short axis.
    """
    sites, size = updates.shape
    values, lower = np.empty((sites, min(size, _STRETCH)), np.float32), np.empty(min(size, _STRETCH), np.float32)
    for start in range(0, size, _STRETCH):
        place = slice(start, min(size, start + _STRETCH))
        part, low = values[:, : place.stop - start], lower[: place.stop - start]
        np.copyto(part, updates[:, place])
        for first, second in comparisons(sites):
            np.minimum(part[first], part[second], out=low)
            np.maximum(part[first], part[second], out=part[second])
            part[first] = low
        yield place, part


@lru_cache(maxsize=64)
def comparisons(count: int) -> tuple[tuple[int, int], ...]:
    """The pairs that a network compares to sort so many values (Batcher; Knuth, TAOCP 3, algorithm 5.2.2M)."""
    pairs = []
    top = (1 << max(0, count - 1).bit_length()) >> 1
    step = top
    while step > 0:
        half, offset, distance = top, 0, step
        while True:
            pairs += [(place, place + distance) for place in range(count - distance) if place & step == offset]
            if half == step:
                break
            distance, half, offset = half - step, half >> 1, step
        step >>= 1
    return tuple(pairs)
