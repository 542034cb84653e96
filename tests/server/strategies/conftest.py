"""Updates small enough to calculate by hand."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts

MakeFacts = Callable[..., UpdateFacts]
MakeBlock = Callable[..., Block]


@pytest.fixture
def fact() -> MakeFacts:
    """A function that makes the facts of an update in time, of ten cells, five patients and four steps."""

    def make(**changes: object) -> UpdateFacts:
        plain: dict[str, object] = {"site": "a", "cells": 10, "patients": 5, "steps": 4, "norm": 1.0}
        return UpdateFacts(**{**plain, **changes})  # type: ignore[arg-type]  # each test passes what it means

    return make


@pytest.fixture
def block(fact: MakeFacts) -> MakeBlock:
    """A function from a rule, base and updates to the block that the centre would give the rule in its first round."""

    def make(
        rule: AggregationRule,
        base: Sequence[float],
        updates: Sequence[Sequence[float]],
        facts: Sequence[UpdateFacts] | None = None,
        *,
        sites: int = 0,
    ) -> Block:
        facts = [fact() for _ in updates] if facts is None else facts
        return Block(
            base=np.array(base, np.float32),
            updates=np.array(updates, np.float32),
            weights=rule.weights(facts),
            facts=facts,
            state={name: np.full(len(base), value, np.float32) for name, value in rule.state_arrays.items()},
            sites=sites or len(updates),
        )

    return make
