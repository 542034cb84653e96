"""Steps of one round from the calls of each process."""

from pathlib import Path

import pytest

from glsmed.benchmarks.rounds_cost.federation_run import RoundEnd, RunRecord
from glsmed.benchmarks.rounds_cost.instruments.line import Traffic
from glsmed.benchmarks.rounds_cost.instruments.tracing import Span
from glsmed.benchmarks.rounds_cost.waterfall import (
    Step,
    draw_waterfall,
    middle_cycle,
    steps_of_cycle,
    waterfall_table,
)


def _steps(*spans: Span) -> list[Step]:
    return steps_of_cycle(sorted(spans, key=lambda span: span.start), began=100.0, ended=110.0)


def test_calls_of_one_kind_that_follow_each_other_are_one_step() -> None:
    (step,) = _steps(
        Span("ServerApp", "push-object", 101.0, 102.0, sent=10), Span("ServerApp", "push-object", 103.0, 104.0, sent=5)
    )
    assert (step.start, step.end, step.busy, step.calls, step.sent) == (1.0, 4.0, 2.0, 2, 15)


def test_calls_at_the_same_time_are_busy_once() -> None:
    (step,) = _steps(Span("a", "pull-object", 101.0, 103.0), Span("a", "pull-object", 102.0, 104.0))
    assert step.busy == pytest.approx(3.0)


def test_another_call_between_begins_a_new_step() -> None:
    spans = [Span("a", label, 101.0 + number, 101.5 + number) for number, label in enumerate(("push", "pull", "push"))]
    assert [step.label for step in _steps(*spans)] == ["push", "pull", "push"]


def test_another_process_does_not_end_a_step() -> None:
    steps = _steps(Span("a", "push", 101.0, 101.5), Span("b", "pull", 101.6, 101.9), Span("a", "push", 102.0, 102.5))
    assert [(step.process, step.calls) for step in steps] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize(
    "span",
    [
        Span("a", "send-node-heartbeat", 101.0, 102.0),
        Span("a", "pull-messages", 101.0, 102.0, received=2),
        Span("a", "push", 99.0, 102.0),
        Span("a", "push", 101.0, 101.001),
    ],
    ids=["heartbeat", "poll that found nothing", "before", "short"],
)
def test_what_explains_nothing_is_left_out(span: Span) -> None:
    assert _steps(span) == []


def test_a_poll_that_found_a_message_is_shown() -> None:
    assert len(_steps(Span("a", "pull-messages", 101.0, 102.0, received=900))) == 1


def test_the_middle_cycle_is_neither_the_first_nor_the_longest() -> None:
    ends = {number: RoundEnd(at, Traffic(0, 0), 1, {}) for number, at in enumerate((0.0, 50.0, 53.0, 62.0, 66.0), 1)}
    assert middle_cycle(RunRecord(ends=ends)) == (5, 62.0, 66.0)


def test_table_and_plot_have_every_step(tmp_path: Path) -> None:
    steps = _steps(Span("a", "push", 101.0, 102.25, sent=2_000_000), Span("b", "pull", 102.0, 103.0))
    assert waterfall_table(steps).splitlines() == [
        "| process | what | from s | to s | busy s | calls | MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| a | push | 1.00 | 2.25 | 1.25 | 1 | 2.0 |",
        "| b | pull | 2.00 | 3.00 | 1.00 | 1 | 0.0 |",
    ]
    draw_waterfall(steps, tmp_path / "round.svg")
    assert "<svg" in (tmp_path / "round.svg").read_text(encoding="utf-8")
