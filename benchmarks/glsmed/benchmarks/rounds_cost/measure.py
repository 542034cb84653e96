"""All measurements of the command, in one run."""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from glsmed.benchmarks.rounds_cost.federation_run import run_federation
from glsmed.benchmarks.rounds_cost.figures import run_figures, slow_line_figures
from glsmed.benchmarks.rounds_cost.line import LineSpeed
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.benchmarks.rounds_cost.timings import load_now
from glsmed.shared.processes.command_line import Tell

_SLOW_LINE = LineSpeed(megabits_per_second=20.0, delay_seconds=0.05)
_ROUNDS_OVER_SLOW_LINE = 2


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """What the command's options say."""

    sites: int
    rounds: int
    architecture: str


def measure(settings: MeasureSettings, *, parts: Sequence[str] | None, tell: Tell) -> dict[str, object]:
    """The figures of the chosen parts, ready for JSON."""
    figures: dict[str, object] = {"machine": _machine()}
    for part in parts or DEFAULT_PARTS:
        tell(f"== {part}")
        with tempfile.TemporaryDirectory(prefix="glsmed-rounds-") as folder:
            figures[part] = PARTS[part](Path(folder), settings, tell)
    return figures


def _machine() -> dict[str, object]:
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "flwr": version("flwr"),
        "load_averages_before": load_now(),
    }


def _rounds(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """Real hospitals over the loopback interface."""
    run = RunSettings(sites=settings.sites, rounds=settings.rounds, architecture=settings.architecture)
    return run_figures(run_federation(folder, run, tell=_timed(tell)), run)


def _slow_line(folder: Path, settings: MeasureSettings, tell: Tell) -> dict[str, object]:
    """The same over a line of 20 Mbit/s and 50 ms each way."""
    run = RunSettings(
        sites=settings.sites, rounds=_ROUNDS_OVER_SLOW_LINE, architecture=settings.architecture, speed=_SLOW_LINE
    )
    return slow_line_figures(run_federation(folder, run, tell=_timed(tell)), run)


def _timed(tell: Tell) -> Tell:
    """Tell with the seconds since now before each line."""
    started = time.monotonic()
    return lambda line: tell(f"{time.monotonic() - started:7.1f} s  {line}")


PARTS: Mapping[str, Callable[[Path, MeasureSettings, Tell], dict[str, object]]] = {
    "rounds": _rounds,
    "slow_line": _slow_line,
}
DEFAULT_PARTS = ("rounds", "slow_line")
