"""The next model from the updates of a round, stretch by stretch: one stretch of every site is in memory at a time.

While one stretch is merged, a second thread reads the next. The sites are in the order of their names, so the result
does not depend on who replied first.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.server.folders.model_file import ModelFile
from glsmed.server.folders.rule_state import RuleState
from glsmed.server.strategies.rule import AggregationRule, Block, Floats, Weights
from glsmed.server.updates.checked_update import BLOCK, CheckedUpdate, other_buffers
from glsmed.shared.protocol.model_form import FloatSource
from glsmed.shared.protocol.packed_model import FLOAT, as_values

Stretches = Mapping[str, Iterator[NDArray[np.generic]]]


@dataclass(frozen=True, slots=True)
class _Read:
    base: Floats
    updates: Floats
    extras: Mapping[str, Floats]


def next_model(
    base: ModelFile,
    updates: Sequence[CheckedUpdate],
    rule: AggregationRule,
    *,
    weights: Weights,
    state: RuleState,
) -> Stretches:
    """The stretches of each buffer of the next model, made as they are asked for.

    An integer or boolean is a counter or a switch, for which a mean makes no sense: those of the site with the most
    training cells are used (of several, the first by name).

    Args:
        base: the model that the round began with.
        rule: merges the floats.
        updates: in the order of the sites' names.
        weights: ``(S,)`` as the rule gave them.
        state: the rule's own arrays, which move on stretch by stretch.
    """
    heaviest = min(updates, key=lambda one: (-one.facts.cells, one.facts.site))
    stretches: dict[str, Iterator[NDArray[np.generic]]] = {
        name: iter([as_values(array)]) for name, array in other_buffers(heaviest.payload).items()
    }
    if FLOAT in base.layout.lengths:
        stretches[FLOAT] = _merged(base.floats(), updates, rule, weights, state)
    return stretches


def _merged(
    base: FloatSource, updates: Sequence[CheckedUpdate], rule: AggregationRule, weights: Weights, state: RuleState
) -> Iterator[Floats]:
    bounds = [(start, min(start + BLOCK, base.count)) for start in range(0, base.count, BLOCK)]
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        ahead = reader.submit(_read, base, updates, rule, *bounds[0])
        for number, (start, stop) in enumerate(bounds):
            read = ahead.result()
            if number + 1 < len(bounds):
                ahead = reader.submit(_read, base, updates, rule, *bounds[number + 1])
            own = state.read(start, stop)
            yield rule.merge(Block(read.base, read.updates, weights, own, read.extras))
            state.write(own)
    state.finish()


def _read(base: FloatSource, updates: Sequence[CheckedUpdate], rule: AggregationRule, start: int, stop: int) -> _Read:
    stretch = base.read(start, stop)
    models = np.empty((len(updates), stop - start), dtype=np.float32)
    for row, update in zip(models, updates, strict=True):
        update.floats.model_into(start, row, base=stretch, is_present=update.facts.staleness == 0)
    if rule.extra_payload is None:
        return _Read(stretch, models, {})
    extras = [update.control.read(start, stop) for update in updates if update.control is not None]
    return _Read(stretch, models, {rule.extra_payload: np.stack(extras)})
