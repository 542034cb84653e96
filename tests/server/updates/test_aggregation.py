from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.server.folders.model_file import ModelFile, write_arrays
from glsmed.server.folders.rule_state import RuleState, state_file
from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights
from glsmed.server.updates.aggregation import Merge
from glsmed.server.updates.checked_update import BLOCK, CheckedUpdate, SiteModel
from glsmed.shared.protocol.model_form import ModelForm
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import Arrays, ModelLayout

COUNT = 2 * BLOCK + 5  # more than one stretch, the last one short
RANDOM = np.random.default_rng(0)
BASE: Arrays = {"w": RANDOM.normal(size=COUNT).astype(np.float32), "n": np.array([1])}
LAYOUT = ModelLayout(ModelManifest.of_arrays(BASE))
UP = ModelForm.up(LAYOUT, "fp32")

MergeSites = Callable[..., dict[str, NDArray[np.generic]]]


def _model(seed: int) -> Arrays:
    return {"w": np.random.default_rng(seed).normal(size=COUNT).astype(np.float32), "n": np.array([seed])}


@pytest.fixture
def base(tmp_path: Path) -> ModelFile:
    return write_arrays(tmp_path / "base.safetensors", BASE, LAYOUT, {})


@pytest.fixture
def merge(base: ModelFile, tmp_path: Path) -> MergeSites:
    """The next model's buffers from ``(site, cells, model, staleness)``."""

    def merged(rule: AggregationRule, *sites: tuple[str, int, Arrays, int]) -> dict[str, NDArray[np.generic]]:
        updates = [_checked(base, *site) for site in sites]
        weights = rule.weights([one.facts for one in updates])
        with RuleState(tmp_path, rule.state_arrays, after=0, to=1, count=COUNT) as state:
            stretches = Merge(base, updates, weights).stretches(rule, state)
            return {name: np.concatenate(list(parts)) for name, parts in stretches.items()}

    return merged


def _checked(base: ModelFile, site: str, cells: int, model: Arrays, staleness: int) -> CheckedUpdate:
    packed = UP.encode(LAYOUT.pack(model))
    facts = UpdateFacts(site, cells=cells, patients=cells, steps=1, norm=1.0, staleness=staleness)
    return CheckedUpdate(facts, SiteModel.of(UP, packed, base.floats()), packed)


def test_the_mean_is_weighted_by_training_cells(merge: MergeSites) -> None:
    merged = merge(MeanRule(), ("a", 1, _model(1), 0), ("b", 3, _model(2), 0))
    exact = (_model(1)["w"].astype(np.float64) + 3 * _model(2)["w"].astype(np.float64)) / 4
    assert merged["float32"] == pytest.approx(exact, abs=1e-6)
    assert merged["float32"].dtype == np.float32


def test_one_site_gives_its_own_model_back(merge: MergeSites) -> None:
    assert np.array_equal(merge(MeanRule(), ("a", 123_457, _model(1), 0))["float32"], _model(1)["w"])


def test_counters_come_whole_from_the_largest_site_and_of_several_from_the_first(merge: MergeSites) -> None:
    sites = [("a", 2, _model(7), 0), ("b", 5, _model(8), 0), ("c", 5, _model(9), 0)]
    assert merge(MeanRule(), *sites)["int64"].tolist() == [8]


class _Records(AggregationRule):
    """Keeps the sum of the base, and what it saw."""

    state_arrays: Mapping[str, float] = {"seen": 0.0}

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        return np.ones(len(facts)) / len(facts)

    def merge(self, block: Block) -> Values:
        self.blocks.append(block)
        block.state["seen"][:] += block.base
        return block.base


def test_a_rule_sees_every_stretch_once_and_in_order(merge: MergeSites) -> None:
    rule = _Records()
    merged = merge(rule, ("a", 1, _model(1), 0), ("b", 1, _model(2), 0))
    assert [block.updates.shape for block in rule.blocks] == [(2, BLOCK), (2, BLOCK), (2, 5)]
    assert np.array_equal(np.concatenate([block.updates[1] for block in rule.blocks]), _model(2)["w"])
    assert np.array_equal(merged["float32"], BASE["w"])


def test_what_a_rule_keeps_is_a_file_beside_the_checkpoint_of_the_round(merge: MergeSites, tmp_path: Path) -> None:
    merge(_Records(), ("a", 1, _model(1), 0))
    assert np.array_equal(np.fromfile(state_file(tmp_path, 1, "seen"), dtype=np.float32), BASE["w"])


def test_what_a_rule_kept_comes_back_in_the_next_round(base: ModelFile, tmp_path: Path) -> None:
    rule, updates = _Records(), [_checked(base, "a", 1, _model(1), 0)]
    for number in (1, 2):
        with RuleState(tmp_path, rule.state_arrays, after=number - 1, to=number, count=COUNT) as state:
            for _ in Merge(base, updates, np.ones(1)).stretches(rule, state)["float32"]:
                pass
    assert np.array_equal(np.fromfile(state_file(tmp_path, 2, "seen"), dtype=np.float32), 2 * BASE["w"])


def test_a_round_that_breaks_off_leaves_what_was_kept(base: ModelFile, tmp_path: Path) -> None:
    rule, updates = _Records(), [_checked(base, "a", 1, _model(1), 0)]
    with RuleState(tmp_path, rule.state_arrays, after=0, to=1, count=COUNT) as state:
        next(Merge(base, updates, np.ones(1)).stretches(rule, state)["float32"])
    assert not list(tmp_path.glob("*seen*"))


def test_the_change_of_a_late_update_is_added_to_the_present_model(base: ModelFile, tmp_path: Path) -> None:
    old = write_arrays(tmp_path / "old.safetensors", _model(5), LAYOUT, {})
    began = {"w": _model(5)["w"] + np.float32(0.5), "n": np.array([1])}
    late = _checked(old, "a", 1, began, 1)
    with RuleState(tmp_path, {}, after=0, to=1, count=COUNT) as state:
        merged = list(Merge(base, [late], np.ones(1)).stretches(MeanRule(), state)["float32"])
    assert np.concatenate(merged) == pytest.approx(BASE["w"] + 0.5, abs=1e-6)
