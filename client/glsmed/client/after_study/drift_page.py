"""Drift in words, and as a page for those who look after the model."""

from glsmed.client.after_study.site_drift import SiteDrift
from glsmed.client.monitoring.drift import FALSE_ALARMS, FindingDrift, MonthDrift
from glsmed.shared.pages.blocks import Block, Figure, Heading, Page, Paragraph, Table

_RATE = (
    f"Of 100 months in which nothing has changed, {100 * FALSE_ALARMS:g} gives an alert: over all findings and both "
    "numbers together. The band is what held-out patients of the time when the model was shipped lead one to expect."
)
_WORDS = {
    "difference": "what the model says less what reports say",
    "error": "squared difference of the two",
}


def drift_lines(drift: SiteDrift) -> list[str]:
    """Lines for a terminal: how much was used, then each month."""
    head = f"{drift.used} of {drift.predictions} predictions have a report that says something of the finding"
    lines = [head + (f"; {drift.unknown} have no report in the manifest" if drift.unknown else "")]
    for month in drift.months:
        lines += _month_lines(month)
    return [*lines, _RATE]


def drift_page(drift: SiteDrift, *, site: str) -> Page:
    """The page: a verdict for each month, the curves over time, and every number."""
    months = [[one.month, str(one.patients), _verdict(one)] for one in drift.months]
    blocks: list[Block] = [
        Paragraph(drift_lines(drift)[0] + "."),
        Paragraph(_RATE),
        Table(["month", "patients", "verdict"], months),
        *_curves(drift),
    ]
    for month in drift.months:
        if month.findings:
            blocks += [Heading(month.month), _table(month)]
    return Page(f"Drift at {site}", blocks)


def _month_lines(month: MonthDrift) -> list[str]:
    if month.reason:
        return [f"{month.month}: not judged: {month.reason}"]
    if not month.outside:
        return [f"{month.month}: {month.patients} patients, inside the band"]
    return [f"{month.month}: ALERT, {month.patients} patients", *(f"  {_words(one)}" for one in month.outside)]


def _verdict(month: MonthDrift) -> str:
    if month.reason:
        return f"not judged: {month.reason}"
    return "; ".join(["ALERT", *map(_words, month.outside)]) if month.outside else "inside the band"


def _words(one: FindingDrift) -> str:
    band = f"{one.value:+.3f}, expected {one.low:+.3f} to {one.high:+.3f}"
    means = f"{one.patients} patients, {one.said:.3f} against {one.report:.3f}"
    return f"{one.finding}: {_WORDS[one.watched]} {band} ({means})"


def _curves(drift: SiteDrift) -> list[Block]:
    """What the model says less what reports say, month by month; two judged months make a curve."""
    from glsmed.shared.pages.figures import lines_svg  # brings matplotlib

    judged = [month for month in drift.months if month.findings]
    if len(judged) < 2:
        return []
    curves: dict[str, dict[float, float]] = {}
    for number, month in enumerate(judged):
        for one in month.findings:
            if one.watched == "difference":
                curves.setdefault(one.finding, {})[float(number)] = one.value
    names = {float(number): month.month for number, month in enumerate(judged)}
    caption = "What the model says less what reports say, mean over patients; at 0 they agree."
    return [Figure(lines_svg(curves, across="month", up="difference", title=caption, places=names), caption)]


def _table(month: MonthDrift) -> Table:
    head = ["finding", "watched", "patients", "model says", "reports say", "value", "band", ""]
    return Table(head, [_row(one) for one in month.findings])


def _row(one: FindingDrift) -> list[str]:
    numbers = [f"{one.said:.3f}", f"{one.report:.3f}", f"{one.value:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}"]
    return [one.finding, _WORDS[one.watched], str(one.patients), *numbers, "outside" if one.is_outside else ""]
