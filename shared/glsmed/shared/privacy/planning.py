"""What a private study will have cost at a site when it ends, when its budget is spent, and a plan for an epsilon."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import TrainingSection

PLANNED_ROUNDS = 20
OFFSET_NOISE = 10.0  # noise multiplier of the sum that a site's base-rate offset comes from
_PASSES = 20  # over the patients of the smallest site, which a plan spreads over the rounds
_LEAST_BATCHES = 16  # into which a site's patients would go, where a planned batch is not the smallest
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 1024
_LEAST_NOISE, _MOST_NOISE = 0.3, 100.0
_DIGITS = 2


def round_steps(training: TrainingSection, patients: int, *, rounds: int = 1) -> PrivateSteps:
    """The steps of so many rounds at a site with so many training patients."""
    rate = min(1.0, training.batch_size / patients)
    return PrivateSteps(training.privacy.noise_multiplier, rate, rounds * training.steps_per_round)


def offset_steps(training: TrainingSection) -> list[PrivateSteps]:
    """What a site's base-rate offset costs: one sum over all its training patients; nothing where there is none."""
    is_paid_for = training.site_offset and training.privacy.is_on
    return [PrivateSteps(OFFSET_NOISE, 1.0, 1)] if is_paid_for else []


def study_epsilon(training: TrainingSection, patients: int, *, before: Sequence[PrivateSteps] = ()) -> float:
    """The epsilon of the whole study at a site with so many training patients, at the study's delta.

    Args:
        training: the study's settings.
        patients: with a labelled image in the training split.
        before: what was taken before.
    """
    steps = round_steps(training, patients, rounds=training.rounds)
    return epsilon([*before, *offset_steps(training), steps], delta=training.privacy.delta)


def rounds_within(
    training: TrainingSection, patients: int, *, limit: float, delta: float, before: Sequence[PrivateSteps] = ()
) -> int:
    """How many rounds a site can still train before epsilon would exceed the limit, up to those of the study."""
    low, high = 0, training.rounds
    while low < high:
        middle = (low + high + 1) // 2
        if epsilon([*before, round_steps(training, patients, rounds=middle)], delta=delta) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class Plan:
    """Noise, batch and steps with which a study keeps to a wanted epsilon, and the epsilon that it has."""

    wanted: float
    noise_multiplier: float
    batch_size: int
    rounds: int
    steps_per_round: int
    epsilon: float


def fewest_patients(training: TrainingSection, *, most: int = 1_000_000) -> int | None:
    """With how many training patients a site's budget lasts for the whole study; None if not even with the most."""
    if study_epsilon(training, most) > training.privacy.max_epsilon:
        return None
    low, high = 1, most
    while high - low > max(1, low // 30):
        middle = math.isqrt(low * high) if low > 1 else high // 2
        middle = min(max(middle, low + 1), high - 1)
        low, high = (low, middle) if study_epsilon(training, middle) <= training.privacy.max_epsilon else (middle, high)
    return high


def planned_batch(patients: int) -> int:
    """Patients in a step, for a smallest site of so many: a sixteenth of them or fewer, as a power of two, 32 to 1024.

    A step's noise is shared by its batch, and at a given epsilon it grows more slowly than the batch does.
    """
    batch = _SMALLEST_BATCH
    while batch < _LARGEST_BATCH and 2 * batch * _LEAST_BATCHES <= patients:
        batch *= 2
    return batch


def plan_for(wanted: float, *, patients: int, batch_size: int, rounds: int, delta: float) -> Plan:
    """A plan for 20 passes over the patients of the smallest site, with the least noise that keeps to the epsilon.

    Raises:
        ValueError: no noise that can be set does.
    """
    rate = min(1.0, batch_size / patients)
    steps_per_round = max(1, round(_PASSES / rate / rounds))

    def cost(noise: float) -> float:
        return epsilon([PrivateSteps(noise, rate, rounds * steps_per_round)], delta=delta)

    if cost(_MOST_NOISE) > wanted:
        raise ValueError(f"epsilon {wanted:g} cannot be kept with {patients} patients and a batch of {batch_size}")
    low, high = _LEAST_NOISE, _MOST_NOISE
    while high - low > 10**-_DIGITS / 2:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if cost(middle) <= wanted else (middle, high)
    noise = math.ceil(high * 10**_DIGITS) / 10**_DIGITS
    return Plan(wanted, noise, batch_size, rounds, steps_per_round, cost(noise))
