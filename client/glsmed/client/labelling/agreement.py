"""How far two readers agree: Cohen's kappa of each finding with its interval, and where a third must decide."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from glsmed.client.labelling.answers import VALUES, Answer, Value

_NORMAL_95 = 1.959963984540054
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement over ``n`` cells that two readers answered.

    Attributes:
        agreed: share of them with the same answer.
        kappa: (agreed - by chance) / (1 - by chance); None where chance alone explains all or there are none.
        low: end of the 95 % interval, by the large-sample standard error; ``high`` likewise.
    """

    n: int
    agreed: float
    kappa: float | None
    low: float | None
    high: float | None


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> Kappa:
    """Cohen's kappa of the answers of two readers; standard error by Fleiss, Cohen and Everitt (1969), equation 13."""
    n = len(pairs)
    if not n:
        return Kappa(0, 0.0, None, None, None)
    joint = {pair: count / n for pair, count in Counter(pairs).items()}
    first, second = _shares(pairs, 0), _shares(pairs, 1)
    agreed = sum(share for (one, other), share in joint.items() if one == other)
    chance = sum(first[name] * second.get(name, 0.0) for name in first)
    if chance >= 1:
        return Kappa(n, agreed, None, None, None)
    kappa = (agreed - chance) / (1 - chance)
    error = sqrt(max(0.0, _variance(joint, first, second, (chance, kappa))) / n)
    half = _NORMAL_95 * error
    return Kappa(n, agreed, kappa, max(-1.0, kappa - half), min(1.0, kappa + half))


def _shares(pairs: Sequence[tuple[str, str]], place: int) -> Mapping[str, float]:
    return {name: count / len(pairs) for name, count in Counter(pair[place] for pair in pairs).items()}


def _variance(
    joint: Mapping[tuple[str, str], float],
    first: Mapping[str, float],
    second: Mapping[str, float],
    of: tuple[float, float],
) -> float:
    """The variance of kappa over one cell; ``of`` is what is expected by chance, and kappa."""
    chance, kappa = of
    inside = sum(
        joint.get((name, name), 0.0) * (1 - (share + second.get(name, 0.0)) * (1 - kappa)) ** 2
        for name, share in first.items()
    )
    beside = sum(
        share * (second.get(one, 0.0) + first.get(other, 0.0)) ** 2
        for (one, other), share in joint.items()
        if one != other
    )
    total = inside + (1 - kappa) ** 2 * beside - (kappa - chance * (1 - kappa)) ** 2
    return total / (1 - chance) ** 2


def readings(answers: Iterable[Answer]) -> dict[Cell, dict[str, Value]]:
    """The answers of readers, not of adjudicators, by cell and reader."""
    found: dict[Cell, dict[str, Value]] = {}
    for one in answers:
        if one.role == "reader" and one.value is not None:
            found.setdefault((one.study_id, one.finding), {})[one.reader] = one.value
    return found


def agreement(answers: Iterable[Answer], findings: Sequence[str]) -> dict[str, Kappa]:
    """Kappa by finding, of the first two readers of each cell; by name, so that the order of reading plays no part."""
    pairs: dict[str, list[tuple[str, str]]] = {name: [] for name in findings}
    for (_, finding), by_reader in readings(answers).items():
        if len(by_reader) > 1 and finding in pairs:
            first, second = sorted(by_reader)[:2]
            pairs[finding].append((by_reader[first], by_reader[second]))
    return {name: cohens_kappa(found) for name, found in pairs.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from all answers.

    Attributes:
        gold: 0 or 1 by cell: of one reader, of two who agree, or as adjudicated.
        disputed: cells whose readers differ, and nobody has decided.
        untold: cells that nobody could tell.
    """

    gold: Mapping[Cell, int]
    disputed: tuple[Cell, ...]
    untold: tuple[Cell, ...]


def outcome(answers: Sequence[Answer]) -> Outcome:
    """The gold labels that the answers give, and the cells that wait for a decision."""
    decided = {(one.study_id, one.finding): one.value for one in answers if one.role == "adjudicator"}
    values: dict[Cell, set[Value | None]] = {cell: set(by.values()) for cell, by in readings(answers).items()}
    values.update({cell: {value} for cell, value in decided.items()})
    agreed = {cell: next(iter(found)) for cell, found in values.items() if len(found) == 1}
    present, absent, unsure = VALUES
    return Outcome(
        gold={cell: int(value == present) for cell, value in agreed.items() if value in (present, absent)},
        disputed=tuple(cell for cell, found in values.items() if len(found) > 1),
        untold=tuple(cell for cell, value in agreed.items() if value == unsure),
    )
