from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from glsmed.benchmarks.federation.built_federation import RunSettings
from glsmed.benchmarks.strategies.comparison import Comparison, Row, recommended, tables_markdown
from glsmed.benchmarks.strategies.runs import Plan
from glsmed.benchmarks.strategies.trial import Answers, Job
from glsmed.benchmarks.tables.paired_bootstrap import Interval

NAMES = ("mean", "local-norm", "local", "pooled")
PLAN = Plan("drawn", "case-dependent", 60, NAMES, 2, RunSettings())


class Kept:
    """Runs of two hospitals; of each name, how far its probabilities stand from the truth, by hospital."""

    _noise: Mapping[str, tuple[float, float]] = {
        "mean": (0.6, 0.6),
        "local-norm": (0.2, 0.2),
        "local": (0.2, 1.0),
        "pooled": (0.2, 0.2),
    }

    def answers(self, job: Job) -> dict[str, Answers]:
        rng = np.random.default_rng(job.seed)
        answers = {}
        for site, noise in zip(("a", "b"), self._noise[job.name], strict=True):
            truth = (np.arange(200) % 2).astype(float)[:, None]
            blurred = truth + noise * rng.standard_normal((200, 1))
            answers[site] = Answers(1 / (1 + np.exp(-4 * (blurred - 0.5))), truth)
        return answers


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    kept: Any = Kept()
    return Comparison(PLAN, kept).rows()


def test_a_strategy_is_compared_with_the_plain_mean_and_each_hospitals_own_model(rows: dict[str, Row]) -> None:
    row = rows["local-norm"]
    assert row.less_reference["auroc"].low > 0
    assert row.less_reference["log_loss"].high < 0
    assert not row.less_local["a"].is_clear_of_zero
    assert row.less_local["b"].low > 0
    assert row.less_local["a"].mean < row.less_local["all"].mean < row.less_local["b"].mean
    assert row.less_pooled is not None
    assert row.less_pooled.mean == 0


def test_what_is_the_reference_is_not_compared_with_itself(rows: dict[str, Row]) -> None:
    assert rows["mean"].less_reference == {}
    assert rows["local"].less_local == {}
    assert rows["pooled"].less_pooled is None


def test_the_worst_site_is_that_of_each_seed(rows: dict[str, Row]) -> None:
    assert rows["local"].worst_site < rows["local"].means["auroc"] - 0.05


def row(log_loss: tuple[float, float, float], auroc: tuple[float, float, float], mean: float = 0.5) -> Row:
    return Row({"log_loss": mean}, 0.9, {"log_loss": Interval(*log_loss), "auroc": Interval(*auroc)}, {}, None)


def test_the_plain_mean_is_recommended_where_nothing_is_clear_of_it() -> None:
    unclear, behind = row((-0.01, -0.03, 0.01), (0, 0, 0)), row((-0.02, -0.03, -0.01), (-0.02, -0.03, -0.01))
    assert recommended({"proximal-1": unclear, "median": behind})[0] == "mean"


def test_of_those_clear_of_it_the_lowest_log_loss_is_recommended() -> None:
    clear = (-0.02, -0.03, -0.01), (0.0, -0.01, 0.01)
    name, why = recommended({"adam": row(*clear, mean=0.4), "yogi": row(*clear, mean=0.3)})
    assert name == "yogi"
    assert "clear of it too: adam" in why


def test_the_tables_have_every_strategy_and_site(rows: dict[str, Row]) -> None:
    text = tables_markdown(PLAN, rows, ("a", "b"))
    for name in NAMES:
        assert text.count(f"| `{name}` |") == 2
    assert "a less its own" in text
    assert "Begin with `local-norm`: log-loss -" in text
