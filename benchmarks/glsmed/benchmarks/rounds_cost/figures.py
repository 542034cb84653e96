"""The figures of a run, and whether the bars are reached."""

from collections.abc import Mapping

from glsmed.benchmarks.rounds_cost.federation_run import RunRecord
from glsmed.benchmarks.rounds_cost.instruments.memory import Memory
from glsmed.benchmarks.rounds_cost.instruments.timings import Timings, load_now, steady
from glsmed.benchmarks.rounds_cost.settings import RunSettings

_MEGA = 1e6
_ALLOWED_OVER_BANDWIDTH, _ALLOWED_SECONDS = 1.1, 4.0


def run_figures(record: RunRecord, settings: RunSettings) -> dict[str, object]:
    """Seconds, bytes and memory of a run, ready for JSON; what warmed things up is left out."""
    training = [record.training_seconds[number] for number in sorted(record.ends)]
    cycles = record.cycles()
    beside = [cycle - seconds for cycle, seconds in zip(cycles, training[1:], strict=True)]
    return {
        "sites": settings.sites,
        "model": settings.architecture if settings.model_megabytes is None else "made up",
        "model_bytes": record.model_bytes,
        "light_sites": settings.light,
        "round_beside_training_seconds": steady(record.rounds_beside_training()[1:]).figures(),
        "cycle_seconds": steady(cycles).figures(),
        "cycle_beside_training_seconds": steady(beside).figures(),
        "slowest_training_seconds": steady(training[1:]).figures(),
        "bytes_over_needed": _bytes_over_needed(record, settings).figures(4),
        "centre_memory": memory_figures(record),
        "processor_seconds_of_cycle": {
            name: round(steady(each).median, 2) for name, each in record.processors_of_cycles().items()
        },
        "load_averages_after": load_now(),
    }


def _bytes_over_needed(record: RunRecord, settings: RunSettings) -> Timings:
    """Bytes of each cycle over one model down and one up at every site."""
    needed = needed_bytes(record, settings)
    return steady([passed / needed for passed in record.bytes_of_cycles()])


def beside_plain(masked: Mapping[str, object], plain: Mapping[str, object]) -> dict[str, object]:
    """What a cycle under masks costs beside one without, from the figures of two runs of the same study."""
    seconds, bytes_ = "cycle_beside_training_seconds", "bytes_over_needed"
    return {
        "seconds_more": round(_median(masked, seconds) - _median(plain, seconds), 3),
        "bytes_over_plain": round(_median(masked, bytes_) / _median(plain, bytes_), 4),
    }


def _median(figures: Mapping[str, object], name: str) -> float:
    timings = figures[name]
    if not isinstance(timings, Mapping):
        raise TypeError(f"{name}: expected the figures of timings, got {timings!r}")
    return float(timings["median"])


def needed_bytes(record: RunRecord, settings: RunSettings) -> int:
    """Bytes of one model down and one up at every site."""
    return record.model_bytes * 2 * settings.sites


def memory_figures(record: RunRecord) -> dict[str, object]:
    """The centre's memory before any site is there, and at its peak where that was sampled."""
    figures: dict[str, object] = {"idle_megabytes": round(record.idle_bytes / _MEGA, 1)}
    if record.peak is not None:
        above = record.peak.total - record.idle_bytes
        figures |= {
            "peak_megabytes": _megabytes(record.peak),
            "above_idle_over_model": round(above / record.model_bytes, 2),
        }
    return figures


def _megabytes(memory: Memory) -> Mapping[str, float]:
    parts = {"total": memory.total, "anonymous": memory.anonymous, "files": memory.files, "shared": memory.shared}
    return {name: round(size / _MEGA, 1) for name, size in parts.items()}


def slow_line_figures(record: RunRecord, settings: RunSettings) -> dict[str, object]:
    """The seconds of a cycle over a slow line beside those that its bytes need.

    Raises:
        ValueError: the run had no slow line.
    """
    if settings.speed is None:
        raise ValueError("expected a run with a slow line")
    sending = settings.speed.seconds(record.model_bytes * 2)
    figures = run_figures(record, settings)
    return {
        "megabits_per_second": settings.speed.megabits_per_second,
        "delay_milliseconds_each_way": settings.speed.delay_seconds * 1000,
        "seconds_to_send_model_down_and_up": round(sending, 3),
        "allowed_seconds": round(sending * _ALLOWED_OVER_BANDWIDTH + _ALLOWED_SECONDS, 3),
        **figures,
    }
