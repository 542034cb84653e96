"""The figures as tables in Markdown, as docs/performance.md takes them: no number has to be copied by hand."""

from collections.abc import Iterable, Mapping, Sequence

_TIMED = {
    "round_beside_training_seconds": "round beside training, s",
    "cycle_seconds": "whole cycle, s",
    "slowest_training_seconds": "slowest training, s",
    "bytes_over_needed": "bytes over needed",
}
_PARTS = {
    "rounds": "hospitals, loopback",
    "flower": "Flower's FedAvg",
    "memory": "light sites, large model",
    "slow_line": "hospitals, slow line",
}


def figures_page(figures: Mapping[str, object]) -> str:
    """Tables of the bars, of each run (median and middle half), of its processes and of scale; of what was measured."""
    tables = [_bars(figures["bars"]), _runs(figures), _processors(figures), *_scales(figures)]
    return "\n".join(table for table in tables if table)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns but the first are set to the right; empty without rows."""
    body = list(rows)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if body else ""


def _bars(bars: object) -> str:
    rows = bars if isinstance(bars, list) else []
    return markdown_table(
        ["bar", "measured", "at most", "reached"],
        (
            [row["bar"], f"{row['measured']:g}", f"{row['at_most']:g}", "yes" if row["reached"] else "no"]
            for row in rows
        ),
    )


def _runs(figures: Mapping[str, object]) -> str:
    runs = {title: part for name, title in _PARTS.items() if isinstance(part := figures.get(name), Mapping)}
    rows = [[title, *(_median_and_half(part.get(name)) for name in _TIMED)] for title, part in runs.items()]
    return markdown_table(["run", *_TIMED.values()], rows)


def _median_and_half(timings: object) -> str:
    if not isinstance(timings, Mapping):
        return "–"
    low, high = timings["middle_half"]
    return f"{timings['median']:g} ({low:g}–{high:g})"


def _processors(figures: Mapping[str, object]) -> str:
    run = figures.get("rounds")
    used = run.get("processor_seconds_of_cycle", {}) if isinstance(run, Mapping) else {}
    return markdown_table(["process", "processor seconds in a cycle"], ([name, f"{s:g}"] for name, s in used.items()))


def _scales(figures: Mapping[str, object]) -> Iterable[str]:
    for part in ("scale_sites", "scale_size"):
        run = figures.get(part)
        rows = run["rows"] if isinstance(run, Mapping) else []
        yield markdown_table(
            ["sites", "MB", "round beside training, s", "above idle over the model"],
            (
                [
                    f"{row['sites']}",
                    f"{row['model_megabytes']:g}",
                    f"{row['round_beside_training_seconds']:g}",
                    f"{row['above_idle_over_model']:g}",
                ]
                for row in rows
            ),
        )
