import numpy as np
import pytest

from glsmed.benchmarks.labelling.savings import Plan, Run, measure_savings, needed_labels, savings_of
from glsmed.benchmarks.labelling.savings_table import savings_markdown
from glsmed.benchmarks.labelling.trial import Judged
from glsmed.benchmarks.simulator.scenarios import scenario_named


@pytest.mark.parametrize(
    ("scores", "target", "needed"),
    [
        ([0.3, 0.2, 0.1], 0.15, 150.0),
        ([0.3, 0.2, 0.1], 0.1, 200.0),
        ([0.3, 0.2, 0.1], 0.05, None),
        ([0.3, 0.2, 0.1], 0.4, 0.0),
        ([0.3, 0.1, 0.2], 0.16, 280 / 3),  # a score that rises again counts as noise: 0.15 twice
    ],
)
def test_the_labels_needed_are_where_the_falling_curve_meets_the_target(
    scores: list[float], target: float, needed: float | None
) -> None:
    found = needed_labels([0, 100, 200], np.array(scores), target)
    assert found == (None if needed is None else pytest.approx(needed))


def judged(hedged: float, opened: float = 10) -> Judged:
    return Judged(hedged, hedged, 1.0, 1.0, opened)


def test_a_share_and_its_interval_come_from_the_runs() -> None:
    rng = np.random.default_rng(0)
    runs = [
        Run(
            1.0,
            judged(0.3, 0),
            [judged(0.2 + noise)] * 2,
            [[judged(0.25 + noise, 20), judged(0.2 + noise, 30), judged(0.1 + noise, 40)]] * 2,
        )
        for noise in rng.normal(0, 0.01, 20)
    ]
    found = savings_of("x", [100, 200, 300], runs)
    assert found.needed == pytest.approx(2 / 3, abs=0.02)
    low, high = found.needed_interval
    assert low is not None
    assert high is not None
    assert found.needed is not None
    assert low <= found.needed <= high
    assert found.opened[0] == 10
    assert found.opened[1] == pytest.approx(30, abs=1)


def test_a_small_comparison_gives_a_row_for_each_hospital() -> None:
    plan = Plan(scenario_named("case-dependent"), 2, labels=50, step=50, draws=1, studies=60, test=60)
    rows = measure_savings(plan, tell=lambda _: None)
    assert [row.hospital for row in rows] == ["st-mary", "sakura", "san-lucas"]
    assert len(savings_markdown(plan, rows).splitlines()) == 5
    assert all(row.opened[0] == 10 for row in rows)
