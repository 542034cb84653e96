"""Drawings as SVG text that stands in a page: its ink is the page's own, so it fits light, dark and paper."""

import io
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glsmed.shared.pages.blocks import bounded

Item = TypeVar("Item")

_INK = "#010203"  # drawn with this, and then replaced by the page's own colour of text
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "glsmed",
    "text.parse_math": False,  # a name with dollar signs is no formula
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.facecolor": "none",
    "legend.framealpha": 0.0,
    "font.size": 9,
}
_COLOURS = (
    "#3182ce",
    "#d69e2e",
    "#38a169",
    "#d53f8c",
    "#805ad5",
    "#dd6b20",
    "#319795",
    "#e53e3e",
    "#718096",
    "#975a16",
)
_LONGEST_NAME = 40  # characters
_LARGEST = 1e6  # beyond, a value would flatten all others to a line
_MOST_PLACES = 9  # names that stand side by side on an axis
_MOST_SERIES = 10  # more cannot be told apart by colour


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; without one, ``low`` and ``high`` are None."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A named bar between two values."""

    name: str
    low: float
    high: float


def reliability_svg(curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str) -> str:
    """What was said across, what was true upwards: on the diagonal, a probability means what it says.

    Args:
        curves: by name the points (mean probability, share that is true) in [0, 1].
        title: what it shows, for those who do not see it.
    """
    with mpl.rc_context(_SETTINGS):
        figure, axes = _axes(width=4.2, height=4.0)
        axes.plot([0, 1], [0, 1], color="#a0aec0", linewidth=1)
        for colour, (name, points) in _coloured(curves):
            drawn = zip(*points, strict=True)
            axes.plot(*drawn, marker="o", markersize=4, linewidth=1, label=_short(name), color=colour, clip_on=False)
        axes.set(xlabel="probability that was said", ylabel="share that was true", xlim=(0, 1), ylim=(0, 1))
        _legend(axes, len(curves))
        return _svg(figure, title)


def estimates_svg(rows: Mapping[str, Mapping[str, Estimate]], *, across: str, title: str) -> str:
    """One line a finding, one mark a site, each with its interval.

    Args:
        rows: by finding and site.
        across: name of the axis.
        title: what it shows, for those who do not see it.
    """
    sites = list(dict.fromkeys(site for values in rows.values() for site in values))
    with mpl.rc_context(_SETTINGS):
        figure, axes = _axes(width=7.0, height=1.0 + 0.18 * len(rows) * (1 + len(sites[:_MOST_SERIES])))
        for number, (colour, (site, _)) in enumerate(_coloured(dict.fromkeys(sites, ()))):
            shift = 0.7 * ((number + 0.5) / max(len(sites[:_MOST_SERIES]), 1) - 0.5)
            _marks(axes, [values.get(site) for values in rows.values()], shift, colour, site)
        axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
        axes.invert_yaxis()
        axes.set_xlabel(across)
        axes.grid(axis="x", color="#a0aec0", linewidth=0.4)
        _legend(axes, len(sites))
        return _svg(figure, title)


def lines_svg(
    curves: Mapping[str, Mapping[float, float]],
    *,
    across: str,
    up: str,
    title: str,
    places: Mapping[float, str] | None = None,
) -> str:
    """One line for each name, from its values by place.

    Args:
        curves: by name and place.
        across: name of the axis of places.
        up: name of the axis of values.
        title: what it shows, for those who do not see it.
        places: what the places are called; None for their numbers.
    """
    with mpl.rc_context(_SETTINGS):
        figure, axes = _axes(width=7.0, height=3.0)
        for colour, (name, values) in _coloured(curves):
            axes.plot(
                list(values),
                [_drawable(one) for one in values.values()],
                marker="o",
                markersize=3,
                label=_short(name),
                color=colour,
            )
        axes.set(xlabel=across, ylabel=up)
        if places is not None:
            shown = list(places)[:: 1 + len(places) // _MOST_PLACES]
            axes.set_xticks(shown, [places[place] for place in shown])
        _legend(axes, len(curves))
        return _svg(figure, title)


def bars_svg(groups: Mapping[str, Mapping[str, float]], *, up: str, title: str, lowest: float = 0.0) -> str:
    """Bars side by side: groups along, one colour for each name within them."""
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    with mpl.rc_context(_SETTINGS):
        figure, axes = _axes(width=5.0, height=3.0)
        width = 0.8 / max(len(names), 1)
        for number, (colour, (name, _)) in enumerate(_coloured(dict.fromkeys(names, ()))):
            places = [place + width * (number - (len(names) - 1) / 2) for place in range(len(groups))]
            heights = [_drawable(values.get(name, math.nan)) for values in groups.values()]
            axes.bar(places, heights, width=0.9 * width, label=_short(name), color=colour)
        axes.set_xticks(range(len(groups)), [_short(name) for name in groups])
        axes.set(ylabel=up)
        axes.set_ylim(bottom=lowest)
        _legend(axes, len(names))
        return _svg(figure, title)


def tornado_svg(bars: Sequence[Bar], *, middle: float, title: str) -> str:
    """One bar a name, from where a value is with a number made smaller to where it is with it made larger.

    Args:
        bars: from top to bottom.
        middle: the value with every number as it is.
        title: what it shows, for those who do not see it.
    """
    with mpl.rc_context(_SETTINGS):
        figure, axes = _axes(width=7.0, height=0.8 + 0.3 * len(bars))
        for row, bar in enumerate(bars):
            for colour, end in ((_COLOURS[0], bar.low), (_COLOURS[1], bar.high)):
                axes.barh(row, end - middle, left=middle, height=0.6, color=colour)
        axes.axvline(middle, color=_INK, linewidth=1)
        axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+,.0f}")
        axes.grid(axis="x", color="#a0aec0", linewidth=0.4)
        return _svg(figure, title)


def _short(name: str) -> str:
    """A name that leaves room for the drawing."""
    return bounded(name, most=_LONGEST_NAME)


def _drawable(value: float) -> float:
    """The value, or none where it is too large for any metric."""
    return value if abs(value) <= _LARGEST else math.nan


def _coloured(series: Mapping[str, Item]) -> list[tuple[str, tuple[str, Item]]]:
    return list(zip(_COLOURS, list(series.items())[:_MOST_SERIES], strict=False))


def _marks(axes: Axes, values: Sequence[Estimate | None], shift: float, colour: str, name: str) -> None:
    for row, one in enumerate(values):
        if one is not None and one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [row + shift] * 2, color=colour, linewidth=1.4)
    there = [(_drawable(one.value), row + shift) for row, one in enumerate(values) if one is not None]
    if there:
        axes.plot(*zip(*there, strict=True), "o", color=colour, markersize=4, label=_short(name))


def _axes(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _legend(axes: Axes, series: int) -> None:
    if axes.get_legend_handles_labels()[1]:
        more = "" if series <= _MOST_SERIES else f"the first {_MOST_SERIES} of {series}"
        axes.legend(fontsize=8, title=more, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _svg(figure: Figure, title: str) -> str:
    """The drawing without what only a file needs: its head, its metadata and the names of its groups."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        # text stays text, and the reader's browser has the letters that matplotlib's own font lacks
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text).replace(_INK, "currentColor")
    text = text.replace("<text ", '<text fill="currentColor" ')
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
