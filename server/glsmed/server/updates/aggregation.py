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
from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights
from glsmed.server.updates.checked_update import BLOCK, CheckedUpdate, other_buffers
from glsmed.shared.protocol.model_form import FloatSource
from glsmed.shared.protocol.packed_model import FLOAT, as_values

Stretches = Mapping[str, Iterator[NDArray[np.generic]]]


@dataclass(frozen=True, slots=True)
class Merge:
    """What becomes one model.

    Attributes:
        base: the model that the round began with.
        updates: in the order of the sites' names.
        weights: ``(S,)`` as the rule gave them.
        sites: of the study, whether or not they are in this round.
    """

    base: ModelFile
    updates: Sequence[CheckedUpdate]
    weights: Weights
    sites: int = 1

    @property
    def facts(self) -> list[UpdateFacts]:
        """What is known of the updates."""
        return [update.facts for update in self.updates]

    def stretches(self, rule: AggregationRule, state: RuleState) -> Stretches:
        """The stretches of each buffer of the next model, made as they are asked for.

        An integer or boolean is a counter or a switch, for which a mean makes no sense: those of the site with the
        most training cells are used (of several, the first by name).

        Args:
            rule: merges the floats.
            state: the rule's own arrays, which move on stretch by stretch.
        """
        heaviest = min(self.updates, key=lambda one: (-one.facts.cells, one.facts.site))
        stretches: dict[str, Iterator[NDArray[np.generic]]] = {
            name: iter([as_values(array)]) for name, array in other_buffers(heaviest.payload).items()
        }
        if FLOAT in self.base.layout.lengths:
            stretches[FLOAT] = self._merged(rule, state)
        return stretches

    def _merged(self, rule: AggregationRule, state: RuleState) -> Iterator[Values]:
        base = self.base.floats()
        bounds = [(start, min(start + BLOCK, base.count)) for start in range(0, base.count, BLOCK)]
        with ThreadPoolExecutor(1, "read-ahead") as reader:
            ahead = reader.submit(self._read, base, state, *bounds[0])
            for following in [*bounds[1:], None]:
                block = ahead.result()
                if following is not None:
                    ahead = reader.submit(self._read, base, state, *following)
                yield rule.merge(block)
                state.write(block.state)
        state.finish()

    def _read(self, base: FloatSource, state: RuleState, start: int, stop: int) -> Block:
        stretch = base.read(start, stop)
        models = np.empty((len(self.updates), stop - start), dtype=np.float32)
        for row, update in zip(models, self.updates, strict=True):
            update.floats.model_into(start, row, base=stretch, is_present=update.facts.staleness == 0)
        own = state.read(start, stop)
        return Block(stretch, models, self.weights, facts=self.facts, state=own, sites=self.sites)
