"""How time and memory of a round grow with sites and with the model, and a plot of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from glsmed.benchmarks.rounds_cost.federation_run import run_federation
from glsmed.benchmarks.rounds_cost.figures import run_figures
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.shared.processes.command_line import Tell

SITES = (2, 4, 8, 16, 32)
MEGABYTES = (5.0, 45.0, 100.0, 400.0)
_MEGABYTES_OF_SITES, _SITES_OF_MEGABYTES = 45.0, 4

Row = Mapping[str, float]


def measure_scale(folder: Path, *, tell: Tell) -> dict[str, list[Row]]:
    """A row for each number of sites with 45 MB, and for each size with 4 sites; all sites are light."""

    def row(sites: int, megabytes: float) -> Row:
        tell(f"{sites} sites, {megabytes:g} MB")
        place = folder / f"{sites}-{megabytes:g}"
        place.mkdir(exist_ok=True)
        return _row(place, sites, megabytes, tell=tell)

    return {
        "by_sites": [row(sites, _MEGABYTES_OF_SITES) for sites in SITES],
        "by_megabytes": [row(_SITES_OF_MEGABYTES, megabytes) for megabytes in MEGABYTES],
    }


def _row(folder: Path, sites: int, megabytes: float, *, tell: Tell) -> Row:
    settings = RunSettings(sites=sites, rounds=2, model_megabytes=megabytes, light=True, sample_memory=True)
    record = run_federation(folder, settings, tell=tell)
    figures = run_figures(record, settings)
    peak = record.idle_bytes if record.peak is None else record.peak.total
    return {
        "sites": sites,
        "model_megabytes": megabytes,
        "round_beside_training_seconds": _median(figures, "round_beside_training_seconds"),
        "cycle_seconds": _median(figures, "cycle_seconds"),
        "idle_bytes": record.idle_bytes,
        "peak_bytes": peak,
        "above_idle_over_model": round((peak - record.idle_bytes) / record.model_bytes, 2),
    }


def _median(figures: Mapping[str, object], name: str) -> float:
    timings = figures[name]
    if not isinstance(timings, Mapping):
        raise TypeError(f"{name}: expected repeated measurements, got {timings!r}")
    return float(timings["median"])


def draw_scale(figures: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Seconds of a round and memory above idle, against sites and against megabytes."""
    from matplotlib.figure import Figure  # here: takes a second

    figure = Figure(figsize=(10, 7), layout="constrained")
    axes = figure.subplots(2, 2)
    for column, (kind, across, title) in enumerate(_AGAINST):
        rows = figures[kind]
        x = [row[across] for row in rows]
        for place, (label, value) in zip(axes[:, column], _SHOWN.items(), strict=True):
            place.plot(x, [value(row) for row in rows], "o-")
            place.set_xlabel(title)
            place.set_ylabel(label)
            place.set_ylim(bottom=0)
            place.grid(alpha=0.3)
    figure.savefig(path, format=path.suffix.lstrip("."))


_AGAINST = (
    ("by_sites", "sites", f"sites ({_MEGABYTES_OF_SITES:g} MB)"),
    ("by_megabytes", "model_megabytes", f"megabytes of the model ({_SITES_OF_MEGABYTES} sites)"),
)
_SHOWN: Mapping[str, Callable[[Row], float]] = {
    "a round beside training, s": lambda row: row["round_beside_training_seconds"],
    "the centre's memory above idle, MB": lambda row: (row["peak_bytes"] - row["idle_bytes"]) / 1e6,
}
