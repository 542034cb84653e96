"""The savings as a table in Markdown."""

from collections.abc import Iterator, Sequence

from glsmed.benchmarks.labelling.savings import Plan, Savings

REQUIRED = 0.6

_HEAD = (
    "| hospital | doubted cells per examination | hedged Brier without labels | with {labels} random labels | "
    "share of the labels needed, chosen for worth [95 %] | at most {required:g} | examinations opened for it "
    "[95 %] | slope, random → worth [middle 95 % of random] | slope of the output calibration |"
)


def savings_markdown(plan: Plan, rows: Sequence[Savings]) -> str:
    """One row for each hospital."""
    head = _HEAD.format(labels=plan.labels, required=REQUIRED)
    return "\n".join([head, "|" + "---|" * (head.count("|") - 1), *map(_row, rows)]) + "\n"


def _row(row: Savings) -> str:
    return "| " + " | ".join(_cells(row)) + " |"


def _cells(row: Savings) -> Iterator[str]:
    yield row.hospital
    yield f"{row.doubted:.2f}"
    yield from (f"{one:.4f}" for one in row.brier)
    low, high = row.needed_interval
    yield f"{_share(row.needed)} [{_share(low)}, {_share(high)}]"
    yield "yes" if row.needed is not None and row.needed <= REQUIRED else "no"
    low, high = row.opened_interval
    yield f"{row.opened[0]:.0f} → {_number(row.opened[1])} [{_number(low)}, {_number(high)}]"
    yield _slopes(row.slope, row.slope_of_random)
    yield _slopes(row.map_slope, row.map_slope_of_random)


def _share(value: float | None) -> str:
    return "more than 1" if value is None else f"{value:.2f}"


def _number(value: float | None) -> str:
    return "more than all" if value is None else f"{value:.0f}"


def _slopes(means: tuple[float, float], random: tuple[float, float]) -> str:
    inside = "" if random[0] <= means[1] <= random[1] else ", outside"
    return f"{means[0]:.2f} → {means[1]:.2f} [{random[0]:.2f}, {random[1]:.2f}]{inside}"
