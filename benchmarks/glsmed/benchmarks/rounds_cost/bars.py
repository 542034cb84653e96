"""The bars that the federation has to reach, beside what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that must not be larger than its limit.

    Attributes:
        figure: keys that lead to it.
        over: keys that lead to a figure that it is divided by.
        most: the limit: a number, or keys that lead to one.
    """

    name: str
    figure: Path
    most: float | Path
    over: Path = ()


_MEDIAN = "median"
BARS = (
    Bar("round beside training, seconds", ("rounds", "round_beside_training_seconds", _MEDIAN), 3.0),
    Bar(
        "round beside training, ours over Flower's",
        ("rounds", "round_beside_training_seconds", _MEDIAN),
        0.25,
        over=("flower", "round_beside_training_seconds", _MEDIAN),
    ),
    Bar("whole cycle, seconds", ("rounds", "cycle_seconds", _MEDIAN), 4.0),
    Bar("bytes over one model down and up", ("rounds", "bytes_over_needed", _MEDIAN), 1.03),
    Bar("centre's memory above idle over the model", ("memory", "centre_memory", "above_idle_over_model"), 3.0),
    Bar("centre's memory when idle, megabytes", ("rounds", "centre_memory", "idle_megabytes"), 400.0),
    Bar("aggregation over reading the arrays", ("aggregation", "aggregation_over_reading_arrays"), 1.3),
    Bar(
        "whole cycle over a slow line, seconds",
        ("slow_line", "cycle_seconds", _MEDIAN),
        ("slow_line", "allowed_seconds"),
    ),
    Bar("masks: seconds of a cycle beside plain", ("secure_aggregation", "beside_plain", "seconds_more"), 3.0),
    Bar("masks: bytes over plain", ("secure_aggregation", "beside_plain", "bytes_over_plain"), 2.2),
)


def bars_reached(figures: Mapping[str, object], bars: Sequence[Bar] = BARS) -> list[dict[str, object]]:
    """Each bar with its figure and its limit; those whose part was not measured are left out."""
    rows = []
    for bar in bars:
        value = _at(figures, bar.figure)
        over = _at(figures, bar.over) if bar.over else 1.0
        most = bar.most if isinstance(bar.most, float) else _at(figures, bar.most)
        if value is not None and over is not None and most is not None:
            got = round(value / over, 3)
            rows.append({"bar": bar.name, "measured": got, "at_most": most, "reached": got <= most})
    return rows


def _at(figures: Mapping[str, object], path: Path) -> float | None:
    """The number that the keys lead to; None where there is none."""
    place: object = figures
    for key in path:
        place = place.get(key) if isinstance(place, Mapping) else None
    return float(place) if isinstance(place, int | float) else None
