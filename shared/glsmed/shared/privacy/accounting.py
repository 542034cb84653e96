"""Epsilon of Poisson-sampled Gaussian steps, by composing the distribution of their privacy loss.

A step's privacy loss is put on a grid so that it can only look larger (each cell's mass goes to the cell's two ends
such that both neighbours' probabilities are kept: "connect the dots", Doroshenko et al., PoPETs 2022), and the grids of
all steps are convolved by the Fast Fourier Transform (Koskela et al., AISTATS 2020; Gopi et al., NeurIPS 2021). The
result is an upper bound, in fifteen cases 6 to 36 % below Renyi accounting.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # scipy ships no types
from scipy.special import logsumexp, ndtr  # type: ignore[import-untyped]  # as above

Direction = Literal["removed", "added"]  # what happens to one patient; epsilon is the larger of the two
_Array = NDArray[np.floating]

_DIRECTIONS: tuple[Direction, ...] = ("removed", "added")
_DEVIATIONS = 9.0  # of the noise, looked at on either side: what lies beyond (1e-19) counts as no privacy at all
_CELLS_PER_DEVIATION = 25  # of a step's privacy loss
_MOST_CELLS = 2**20
_OVERLOOKED = 1e-4  # share of delta for what lies beyond the composed grid
_LARGEST_EPSILON = 500.0  # beyond it epsilon is infinite
_LARGEST_LOSS = 600.0  # of one step: beyond it no epsilon means anything
_LEAST_GAUSSIAN, _MOST_GAUSSIAN = 0.3, 1e4  # noise of one sum over everybody: epsilon 20 and .0003 at delta 1e-5
_HUNDREDTH = 0.01


@dataclass(frozen=True, slots=True)
class PrivateSteps:
    """Steps in which each patient is drawn with the same probability, on a clipped sum with Gaussian noise.

    Attributes:
        noise_multiplier: standard deviation of the noise, in clip norms.
        sampling_rate: probability that a patient is drawn in a step.
    """

    noise_multiplier: float
    sampling_rate: float
    steps: int


def epsilon(taken: Sequence[PrivateSteps], *, delta: float) -> float:
    """The epsilon of (epsilon, delta) differential privacy after all these steps; infinite where noise is tiny.

    Args:
        taken: in any order; steps that are alike may stand in one entry or in several.
        delta: at least 1e-9, below which floating-point numbers would decide.

    Raises:
        ValueError: delta is smaller, or a step is impossible.
    """
    if not 1e-9 <= delta < 1:
        raise ValueError(f"delta: expected 1e-9 or more, got {delta}")
    steps = merged(taken)
    if not steps:
        return 0.0
    if any(_largest_loss(one) > _LARGEST_LOSS for one in steps):
        return math.inf
    return max(_epsilon(steps, direction, delta) for direction in _DIRECTIONS)


@functools.cache
def gaussian_noise(wanted: float, *, delta: float) -> float:
    """The least noise multiplier, to .01, with which one sum over everybody, none drawn, keeps to an epsilon.

    The exact delta of a Gaussian (Balle and Wang, ICML 2018) comes close; this accountant, an upper bound, decides.

    Args:
        wanted: epsilon, above 0.
        delta: as for :func:`epsilon`.
    """
    low, high = _LEAST_GAUSSIAN, _MOST_GAUSSIAN
    while high - low > _HUNDREDTH / 2:
        middle = (low + high) / 2
        left = ndtr(0.5 / middle - wanted * middle) - math.exp(wanted) * ndtr(-0.5 / middle - wanted * middle)
        low, high = (low, middle) if left <= delta else (middle, high)
    hundredths = math.ceil(low / _HUNDREDTH)
    while epsilon([PrivateSteps(hundredths * _HUNDREDTH, 1.0, 1)], delta=delta) > wanted:
        hundredths += 1
    return round(hundredths * _HUNDREDTH, 2)


def merged(taken: Sequence[PrivateSteps]) -> list[PrivateSteps]:
    """Steps that are alike in one entry each.

    Raises:
        ValueError: a number is not possible.
    """
    counts: dict[tuple[float, float], int] = {}
    for one in taken:
        if not (one.noise_multiplier > 0 and 0 < one.sampling_rate <= 1 and one.steps >= 0):
            raise ValueError(f"expected noise above 0, a rate up to 1 and steps, got {one}")
        key = one.noise_multiplier, one.sampling_rate
        counts[key] = counts.get(key, 0) + one.steps
    return [PrivateSteps(noise, rate, count) for (noise, rate), count in counts.items() if count]


@dataclass(frozen=True, slots=True)
class _Loss:
    """A step's privacy loss: probabilities of ``cell * (first + place)``; ``beyond`` is the rest, taken as infinite."""

    first: int
    masses: _Array
    beyond: float
    steps: int

    def values(self, cell: float) -> _Array:
        return (self.first + np.arange(len(self.masses))) * cell


def _epsilon(steps: Sequence[PrivateSteps], direction: Direction, delta: float) -> float:
    cell = max(
        min(_deviation(one) for one in steps) / _CELLS_PER_DEVIATION,
        2 * max(_largest_loss(one) for one in steps) / _MOST_CELLS,
    )
    losses = [_loss(one, direction, cell) for one in steps]
    while True:
        lowest, highest = _range(losses, cell, overlooked=_OVERLOOKED * delta)
        if (highest - lowest) / cell < _MOST_CELLS:
            break
        cell *= 2
        losses = [_loss(one, direction, cell) for one in steps]
    masses, first = _composed(losses, math.floor(lowest / cell), math.ceil(highest / cell))
    beyond = -math.expm1(sum(one.steps * math.log1p(-one.beyond) for one in losses))
    return _epsilon_of(masses, (first + np.arange(len(masses))) * cell, delta - beyond - 2 * _OVERLOOKED * delta)


def _loss(one: PrivateSteps, direction: Direction, cell: float) -> _Loss:
    """A step's privacy loss on the grid, with no mass at a smaller loss than it has."""
    first, last = _places(one, direction, cell)
    ends = np.arange(first, last + 1) * cell
    masses, others = _cells(one, direction, ends)
    share = (masses - np.exp(ends[:-1]) * others) / -math.expm1(-cell)
    upper = np.clip(share, 0, masses)
    on_grid = np.zeros(len(ends))
    on_grid[:-1] += masses - upper
    on_grid[1:] += upper
    below, above = _outside(one, direction, ends)
    on_grid[0] += below
    return _Loss(first, on_grid, above, one.steps)


def _places(one: PrivateSteps, direction: Direction, cell: float) -> tuple[int, int]:
    """The first and the last place on the grid of a step's privacy loss."""
    highest = _largest_loss(one)
    bound = highest if one.sampling_rate == 1 else min(highest, -math.log1p(-one.sampling_rate))
    lowest, highest = (-bound, highest) if direction == "removed" else (-highest, bound)
    return math.floor(lowest / cell), math.ceil(highest / cell)


def _cells(one: PrivateSteps, direction: Direction, ends: _Array) -> tuple[_Array, _Array]:
    """The probability of each cell with the patient's two worlds, that of the loss first."""
    if direction == "removed":
        noise = _noise_at(one, ends)
        return _with(one, noise[:-1], noise[1:]), _without(one, noise[:-1], noise[1:])
    noise = _noise_at(one, -ends)
    return _without(one, noise[1:], noise[:-1]), _with(one, noise[1:], noise[:-1])


def _outside(one: PrivateSteps, direction: Direction, ends: _Array) -> tuple[float, float]:
    """The probability of a loss below the first end, and above the last."""
    nowhere = np.array([np.inf])
    if direction == "removed":
        low, high = _noise_at(one, ends[:1]), _noise_at(one, ends[-1:])
        return float(_with(one, -nowhere, low)[0]), float(_with(one, high, nowhere)[0])
    low, high = _noise_at(one, -ends[-1:]), _noise_at(one, -ends[:1])
    return float(_without(one, high, nowhere)[0]), float(_without(one, -nowhere, low)[0])


def _noise_at(one: PrivateSteps, loss: _Array) -> _Array:
    """The outcome of a step at which the log-ratio of with and without the patient has a value; -inf where none."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inside = np.expm1(loss) / one.sampling_rate
        found = one.noise_multiplier**2 * np.log1p(inside) + 0.5
        large = one.noise_multiplier**2 * (loss - math.log(one.sampling_rate)) + 0.5  # where exp would overflow
    return np.where(loss > 500, large, np.where(inside <= -1, -np.inf, found))


def _without(one: PrivateSteps, low: _Array, high: _Array) -> _Array:
    return _between(low / one.noise_multiplier, high / one.noise_multiplier)


def _with(one: PrivateSteps, low: _Array, high: _Array) -> _Array:
    drawn = _between((low - 1) / one.noise_multiplier, (high - 1) / one.noise_multiplier)
    return (1 - one.sampling_rate) * _without(one, low, high) + one.sampling_rate * drawn


def _between(low: _Array, high: _Array) -> _Array:
    """The normal probability between two bounds, from the side where it is small."""
    found: _Array = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low)).clip(min=0)
    return found


def _largest_loss(one: PrivateSteps) -> float:
    """The largest size of a loss that is looked at."""
    top = (2 * (1 + _DEVIATIONS * one.noise_multiplier) - 1) / (2 * one.noise_multiplier**2)
    gain = top + math.log(one.sampling_rate) if top > 500 else math.log1p(one.sampling_rate * math.expm1(top))
    return max(gain, 1e-9)


def _deviation(one: PrivateSteps) -> float:
    """The standard deviation of a step's privacy loss, roughly."""
    noise = np.linspace(-_DEVIATIONS, _DEVIATIONS, 4001) * one.noise_multiplier
    density = np.exp(-0.5 * (noise / one.noise_multiplier) ** 2)
    exponent = np.minimum((2 * noise - 1) / (2 * one.noise_multiplier**2), 700)
    loss = np.log1p(one.sampling_rate * np.expm1(exponent))
    mean = (density * loss).sum() / density.sum()
    return max(float(np.sqrt((density * (loss - mean) ** 2).sum() / density.sum())), 1e-12)


def _range(losses: Sequence[_Loss], cell: float, *, overlooked: float) -> tuple[float, float]:
    """Between which values the sum of all losses lies, but for so much probability on either side (Chernoff)."""
    values = [one.values(cell) for one in losses]
    means = [float(one.masses @ value) for one, value in zip(losses, values, strict=True)]
    variance = sum(
        one.steps * float(one.masses @ (value - mean) ** 2)
        for one, value, mean in zip(losses, values, means, strict=True)
    )
    scale, bounds = max(math.sqrt(variance), cell), []
    logs = [np.log(np.maximum(one.masses, 1e-300)) for one in losses]
    for sign in (-1, 1):
        rates = sign * np.logspace(-1, 1.5, 14) / scale
        moments = [
            sum(
                one.steps * float(logsumexp(log + rate * value))
                for one, value, log in zip(losses, values, logs, strict=True)
            )
            for rate in rates
        ]
        reach = (np.array(moments) - math.log(overlooked)) / np.abs(rates)
        bounds.append(sign * float(reach.min()))
    return bounds[0] - cell, bounds[1] + cell


def _composed(losses: Sequence[_Loss], lowest: int, highest: int) -> tuple[_Array, int]:
    """The probabilities of the sum of all losses, and the place of the first on the grid."""
    size = fft.next_fast_len(highest - lowest + 1, real=True)
    spectrum = np.ones(size // 2 + 1, dtype=np.complex128)
    for one in losses:
        wrapped = np.bincount((one.first + np.arange(len(one.masses))) % size, weights=one.masses, minlength=size)
        spectrum *= fft.rfft(wrapped) ** one.steps
    masses = fft.irfft(spectrum, size).clip(min=0)
    return np.roll(masses, -(lowest % size)), lowest


def _epsilon_of(masses: _Array, values: _Array, delta: float) -> float:
    """The smallest epsilon at which no more than delta of the loss is left over."""
    delta -= float(masses[values > _LARGEST_EPSILON].sum())
    if delta <= 0:
        return math.inf
    positive = (values > 0) & (values <= _LARGEST_EPSILON)
    masses, values = masses[positive], values[positive]
    above = np.cumsum(masses[::-1])[::-1]
    weighted = np.cumsum((masses * np.exp(-values))[::-1])[::-1]
    left = above - np.exp(values) * weighted  # at each value, with what lies above it
    if not len(values) or above[0] - weighted[0] <= delta:
        return 0.0
    place = int(np.argmax(left <= delta)) if bool((left <= delta).any()) else len(values) - 1
    return float(np.log((above[place] - delta) / weighted[place])) if above[place] > delta else float(values[place])
