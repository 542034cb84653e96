from collections.abc import Callable

import numpy as np
import pytest

from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import Block, UpdateFacts
from glsmed.server.strategies.site_weights import by_patients

MakeBlock = Callable[..., Block]
MakeFacts = Callable[..., UpdateFacts]


def test_models_count_by_cells(block: MakeBlock, fact: MakeFacts) -> None:
    facts = [fact(cells=30), fact(cells=10)]
    assert MeanRule().merge(block(MeanRule(), [0, 5], [[1, 6], [5, 2]], facts)).tolist() == [2, 5]


def test_or_by_what_it_is_given(block: MakeBlock, fact: MakeFacts) -> None:
    rule = MeanRule(by_patients)
    facts = [fact(cells=30, patients=1), fact(cells=10, patients=1)]
    assert rule.merge(block(rule, [0], [[1], [5]], facts)).tolist() == [3]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_blocks_put_together_are_the_whole(block: MakeBlock, size: int) -> None:
    rng = np.random.default_rng(0)
    base, updates = rng.standard_normal(size * 2), rng.standard_normal((3, size * 2))
    rule = MeanRule()
    whole = rule.merge(block(rule, base, updates))
    parts = [rule.merge(block(rule, base[half], updates[:, half])) for half in (slice(0, size), slice(size, None))]
    assert np.allclose(np.concatenate(parts), whole, rtol=1e-6, atol=1e-7)
