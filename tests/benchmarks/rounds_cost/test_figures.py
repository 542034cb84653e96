"""Figures of a run and its bars, by hand."""

import dataclasses

import pytest

from glsmed.benchmarks.rounds_cost.bars import Bar, bars_reached
from glsmed.benchmarks.rounds_cost.federation_run import RoundEnd, RunRecord
from glsmed.benchmarks.rounds_cost.figures import beside_plain, memory_figures, run_figures, slow_line_figures
from glsmed.benchmarks.rounds_cost.instruments.line import LineSpeed, Traffic
from glsmed.benchmarks.rounds_cost.instruments.memory import Memory
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.server.folders.run_folder import RoundRecord

MODEL_BYTES = 1_000_000
ENDS = (10.0, 30.0, 34.0, 39.0)  # epoch seconds of the checkpoints of rounds 1 to 4
BEGAN = ("00:00:00", "00:00:11", "00:00:31.5", "00:00:35")
TRAINED = (3.0, 2.0, 0.5, 1.0)  # of the slowest site


def _round(number: int) -> RoundRecord:
    return RoundRecord(
        round=number,
        attempt=1,
        seconds=0.0,
        accepted=True,
        counted={"a": 1, "b": 1},
        not_counted={},
        site_seconds={"a": TRAINED[number - 1], "b": 0.1},
        started_at=f"1970-01-01T{BEGAN[number - 1]}+00:00",
    )


@pytest.fixture
def record() -> RunRecord:
    """Four rounds of two sites; each cycle carries 4.2 MB."""
    ends = {
        number: RoundEnd(at, Traffic(2_000_000 * number, 2_200_000 * number), MODEL_BYTES, {"SuperLink": 2.0 * number})
        for number, at in enumerate(ENDS, 1)
    }
    idle = [Memory(0.0, total=size) for size in (90_000_000, 100_000_000, 300_000_000)]
    return RunRecord(ends, {number: _round(number) for number in ends}, idle)


def _each(figures: dict[str, object], name: str) -> object:
    timings = figures[name]
    assert isinstance(timings, dict)
    return timings["each"]


def test_rounds_and_cycles_that_warm_up_do_not_count(record: RunRecord) -> None:
    figures = run_figures(record, RunSettings(sites=2, rounds=2))
    assert _each(figures, "cycle_seconds") == [4.0, 5.0]
    assert _each(figures, "cycle_beside_training_seconds") == [3.5, 4.0]
    assert _each(figures, "round_beside_training_seconds") == [2.0, 3.0]  # 34 - 31.5 - .5 and 39 - 35 - 1
    assert _each(figures, "slowest_training_seconds") == [0.5, 1.0]


def test_bytes_are_measured_by_one_model_down_and_up_at_every_site(record: RunRecord) -> None:
    assert _each(run_figures(record, RunSettings(sites=2, rounds=2)), "bytes_over_needed") == [1.05, 1.05]


def test_processor_seconds_are_those_of_a_cycle(record: RunRecord) -> None:
    assert run_figures(record, RunSettings(sites=2, rounds=2))["processor_seconds_of_cycle"] == {"SuperLink": 2.0}


def test_memory_is_measured_above_the_median_when_idle(record: RunRecord) -> None:
    record.peak = Memory(1.0, total=103_000_000, anonymous=60_000_000)
    assert memory_figures(record) == {
        "idle_megabytes": 100.0,
        "peak_megabytes": {"total": 103.0, "anonymous": 60.0, "files": 0.0, "shared": 0.0},
        "above_idle_over_model": 3.0,
    }


def test_a_slow_line_allows_a_tenth_more_than_its_bandwidth_and_four_seconds(record: RunRecord) -> None:
    settings = RunSettings(sites=2, rounds=2, speed=LineSpeed(megabits_per_second=8.0, delay_seconds=0.05))
    figures = slow_line_figures(record, settings)
    assert figures["seconds_to_send_model_down_and_up"] == 2.0
    assert figures["allowed_seconds"] == pytest.approx(6.2)


def test_a_run_without_a_slow_line_has_no_figures_of_one(record: RunRecord) -> None:
    with pytest.raises(ValueError, match="slow line"):
        slow_line_figures(record, dataclasses.replace(RunSettings(), speed=None))


BARS = (Bar("a", ("x", "n"), 2.0), Bar("b", ("x", "n"), 0.5, over=("y",)), Bar("c", ("x", "n"), ("x", "most")))


def test_each_bar_has_its_figure_its_limit_and_whether_it_is_reached() -> None:
    assert bars_reached({"x": {"n": 2, "most": 1.5}, "y": 5.0}, BARS) == [
        {"bar": "a", "measured": 2.0, "at_most": 2.0, "reached": True},
        {"bar": "b", "measured": 0.4, "at_most": 0.5, "reached": True},
        {"bar": "c", "measured": 2.0, "at_most": 1.5, "reached": False},
    ]


def test_a_bar_whose_part_was_not_measured_is_left_out() -> None:
    assert [row["bar"] for row in bars_reached({"x": {"n": 2}}, BARS)] == ["a"]


def test_a_cycle_under_masks_is_put_beside_a_plain_one(record: RunRecord) -> None:
    plain = run_figures(record, RunSettings(sites=2, rounds=2))
    masked = {
        **plain,
        "cycle_beside_training_seconds": {"median": 5.25},  # of the plain one: 3.75, the middle of 3.5 and 4
        "bytes_over_needed": {"median": 2.1},
    }
    assert beside_plain(masked, plain) == {"seconds_more": 1.5, "bytes_over_plain": 2.0}


@pytest.mark.parametrize("is_masked", [True, False])
def test_both_studies_say_whether_they_are_masked(*, is_masked: bool) -> None:
    federation = RunSettings(sites=3, is_masked=is_masked).study_changes()["federation"]
    assert isinstance(federation, dict)
    assert federation["secure_aggregation"] == ("on" if is_masked else "off")
