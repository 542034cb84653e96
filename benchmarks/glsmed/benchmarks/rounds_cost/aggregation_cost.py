"""The seconds that averaging takes alone, beside reading the same arrays once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from glsmed.benchmarks.rounds_cost.instruments.timings import Timings
from glsmed.benchmarks.rounds_cost.made_up_study import made_up_model
from glsmed.server.rounds.aggregation import FedAvg, SiteUpdate

_BUFFER_BYTES = 4 * 2**20
_REPEATS = 3
_WEIGHT = 10


@dataclass(frozen=True, slots=True)
class AggregationSettings:
    """How many updates of which size."""

    sites: int
    model_megabytes: float


def measure_aggregation(folder: Path, settings: AggregationSettings) -> dict[str, object]:
    """Seconds of FedAvg over updates that lie on the disk, and of reading them; all of it from the page cache."""
    paths = _write_updates(folder, settings)
    reading = Timings(tuple(_seconds_to_read(paths) for _ in range(_REPEATS)))
    aggregating = Timings(tuple(_seconds_to_aggregate(paths) for _ in range(_REPEATS)))
    return {
        "sites": settings.sites,
        "model_megabytes": settings.model_megabytes,
        "reading_seconds": reading.figures(),
        "aggregation_seconds": aggregating.figures(),
        "aggregation_over_reading": round(aggregating.median / reading.median, 3),
    }


def _write_updates(folder: Path, settings: AggregationSettings) -> list[Path]:
    model = made_up_model(settings.model_megabytes)
    paths = [folder / f"{number}.safetensors" for number in range(settings.sites)]
    for number, path in enumerate(paths):
        save_file({name: array * np.float32(1 + number * 1e-4) for name, array in model.items()}, path)
    return paths


def _seconds_to_read(paths: list[Path]) -> float:
    """Every byte once, into the same small buffer."""
    buffer = bytearray(_BUFFER_BYTES)
    started = time.perf_counter()
    for path in paths:
        with path.open("rb", buffering=0) as source:
            while source.readinto(buffer):
                pass
    return time.perf_counter() - started


def _seconds_to_aggregate(paths: list[Path]) -> float:
    started = time.perf_counter()
    FedAvg().aggregate(_updates(paths))
    return time.perf_counter() - started


def _updates(paths: list[Path]) -> Iterator[SiteUpdate]:
    for path in paths:
        yield SiteUpdate(site=path.stem, weight=_WEIGHT, model=load_file(path))
