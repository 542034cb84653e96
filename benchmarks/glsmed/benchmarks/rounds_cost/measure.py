"""All measurements of the command, in one run."""

import dataclasses
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from glsmed.benchmarks.rounds_cost.aggregation_cost import AggregationSettings, measure_aggregation
from glsmed.benchmarks.rounds_cost.bars import bars_reached
from glsmed.benchmarks.rounds_cost.federation_run import run_federation
from glsmed.benchmarks.rounds_cost.figures import beside_plain, run_figures, slow_line_figures
from glsmed.benchmarks.rounds_cost.flower_app import FlowerSettings, run_flower
from glsmed.benchmarks.rounds_cost.instruments.line import LineSpeed
from glsmed.benchmarks.rounds_cost.instruments.timings import load_now
from glsmed.benchmarks.rounds_cost.instruments.tracing import read_spans, tracing_environment
from glsmed.benchmarks.rounds_cost.scale import draw_scale, measure_by_megabytes, measure_by_sites
from glsmed.benchmarks.rounds_cost.settings import WARM_UP_ROUNDS, RunSettings
from glsmed.benchmarks.rounds_cost.waterfall import draw_waterfall, middle_cycle, steps_of_cycle, waterfall_table
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.command_line import Tell

_SLOW_LINE = LineSpeed(megabits_per_second=20.0, delay_seconds=0.05)
_ROUNDS_OVER_SLOW_LINE = 2
_HOSPITALS, _LIGHT_SITES = 2, 8
_FEWEST_MASKED = 3
_LARGE_ROUNDS = 1  # of several gigabytes each
_STEP_SECONDS = 0.2  # of Flower's ClientApp; about what a hospital's step takes here


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """What the command's options say."""

    sites: int | None
    rounds: int
    architecture: str
    model_megabytes: float
    plots: Path | None

    @property
    def hospitals(self) -> int:
        """Real sites."""
        return _HOSPITALS if self.sites is None else self.sites

    @property
    def light_sites(self) -> int:
        """Sites that answer at once."""
        return _LIGHT_SITES if self.sites is None else self.sites


def measure(settings: MeasureSettings, *, parts: Sequence[str] | None, tell: Tell) -> Iterator[dict[str, object]]:
    """The figures so far, ready for JSON, after each of the chosen parts."""
    figures: dict[str, object] = {"machine": _machine()}
    if settings.plots is not None:
        settings.plots.mkdir(parents=True, exist_ok=True)
    for part in parts or DEFAULT_PARTS:
        tell(f"== {part}")
        with tempfile.TemporaryDirectory(prefix="glsmed-rounds-") as folder:
            figures[part] = PARTS[part](Path(folder), settings, _timed(tell))
        yield {**figures, "bars": bars_reached(figures)}


def _machine() -> dict[str, object]:
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "flwr": version("flwr"),
        "load_averages_before": load_now(),
    }


def _rounds(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Real hospitals over the loopback interface."""
    run = RunSettings(sites=settings.hospitals, rounds=settings.rounds, architecture=settings.architecture)
    return run_figures(run_federation(folder, run, tell=tell), run)


def _slow_line(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """The same over a line of 20 Mbit/s and 50 ms each way."""
    run = RunSettings(
        sites=settings.hospitals, rounds=_ROUNDS_OVER_SLOW_LINE, architecture=settings.architecture, speed=_SLOW_LINE
    )
    return slow_line_figures(run_federation(folder, run, tell=tell), run)


def _flower(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Flower's own FedAvg with the same arrays."""
    from glsmed.shared.networks.building import build_model  # here: takes seconds
    from glsmed.shared.networks.model_arrays import state_arrays

    model = state_arrays(build_model(settings.architecture, n_findings=1, seed=0))
    run = FlowerSettings(
        sites=settings.hospitals, rounds=settings.rounds + WARM_UP_ROUNDS, training_seconds=_STEP_SECONDS
    )
    return run_flower(folder, model, run, tell=tell)


def _memory(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """A large made-up model and sites that answer at once, with the centre's memory sampled all the time."""
    run = RunSettings(
        sites=settings.light_sites,
        rounds=_LARGE_ROUNDS,
        model_megabytes=settings.model_megabytes,
        light=True,
        sample_memory=True,
    )
    return run_figures(run_federation(folder, run, tell=tell), run)


def _aggregation(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """The average of as many updates as there are light sites, without any process beside."""
    tell("writing and averaging updates")
    chosen = AggregationSettings(sites=settings.light_sites, model_megabytes=settings.model_megabytes)
    return measure_aggregation(folder, chosen)


def _scale_sites(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Rounds with more and more sites."""
    rows = measure_by_sites(folder, tell=tell)
    if settings.plots is not None:
        draw_scale(rows, "sites", settings.plots / "rounds-sites.svg")
    return {"rows": rows}


def _scale_size(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Rounds with larger and larger models."""
    rows = measure_by_megabytes(folder, tell=tell)
    if settings.plots is not None:
        draw_scale(rows, "model_megabytes", settings.plots / "rounds-size.svg")
    return {"rows": rows}


def _waterfall(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Real hospitals over the loopback interface, every process traced."""
    run = RunSettings(sites=settings.hospitals, rounds=settings.rounds, architecture=settings.architecture)
    trace = folder / "trace"
    record = run_federation(folder, run, tell=tell, environment=tracing_environment(trace))
    number, began, ended = middle_cycle(record)
    steps = steps_of_cycle(read_spans(trace), began=began, ended=ended)
    if settings.plots is not None:
        draw_waterfall(steps, settings.plots / "rounds-waterfall.svg")
        write_text(settings.plots / "rounds-waterfall.md", waterfall_table(steps))
    return {
        "round": number,
        "cycle_seconds": round(ended - began, 3),
        "steps": [dataclasses.asdict(step) for step in steps],
    }


def _secure_aggregation(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Real hospitals whose changes, and then metrics too, the centre sees only in sum, beside those without masks."""
    figures = {}
    for name in ("plain", "masked", "summed_metrics"):
        run = RunSettings(
            sites=max(_FEWEST_MASKED, settings.hospitals),
            rounds=settings.rounds,
            architecture=settings.architecture,
            is_masked=name != "plain",
            sums_metrics=name == "summed_metrics",
        )
        figures[name] = run_figures(run_federation(folder / name, run, tell=tell), run)
    beside = {name: beside_plain(figures[name], figures["plain"]) for name in ("masked", "summed_metrics")}
    return {**figures, "beside_plain": beside["masked"], "summed_beside_plain": beside["summed_metrics"]}


def _timed(tell: Tell) -> Tell:
    """Tell with the seconds since now before each line."""
    started = time.monotonic()
    return lambda line: tell(f"{time.monotonic() - started:7.1f} s  {line}")


PARTS: Mapping[str, Callable[[Path, MeasureSettings, Tell], dict[str, object]]] = {
    "rounds": _rounds,
    "flower": _flower,
    "memory": _memory,
    "aggregation": _aggregation,
    "slow_line": _slow_line,
    "scale_sites": _scale_sites,
    "scale_size": _scale_size,
    "waterfall": _waterfall,
    "secure_aggregation": _secure_aggregation,
}
DEFAULT_PARTS = ("rounds", "flower", "memory", "aggregation", "slow_line")
