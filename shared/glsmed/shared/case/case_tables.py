"""The tables of the page that stand beside the year: findings, costs, labels and prices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glsmed.shared.case.plan import PlanRow
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.sample_size import MOST
from glsmed.shared.case.yearly import Floats, Hospital, ModelName, alone, estimate, labelling_cost, model_cost, yearly
from glsmed.shared.pages.blocks import Block, Heading, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say

NONE = "–"


def finding_tables(hospitals: Sequence[Hospital], prices: Prices) -> list[Block]:
    """For each hospital, and each of its models, what the model does with each finding."""
    blocks: list[Block] = []
    for hospital in hospitals:
        if len(hospitals) > 1:
            blocks.append(Heading(bounded(hospital.site), 3))
        blocks += [_finding_table(hospital, prices, model) for model in hospital.models]
    return blocks


def _finding_table(hospital: Hospital, prices: Prices, model: ModelName) -> Table:
    head = [
        "finding",
        "examinations with it",
        "without",
        "how common",
        "found",
        "false alerts",
        "missed a year",
        "with the model",
    ]
    rows = [_finding_row(hospital, prices, model, place) for place in range(len(hospital.findings))]
    caption = say(
        {"local": "The hospital's own model at its operating point.", "federated": "The federation's model."}[model]
    )
    return Table([say(name) for name in head], rows, caption)


def _finding_row(hospital: Hospital, prices: Prices, model: ModelName, place: int) -> list[str]:
    one, rates = alone(hospital, place), hospital.models[model]
    without, with_it = (estimate(yearly(one, prices, name).misses) for name in (None, model))
    return [
        hospital.findings[place],
        f"{hospital.present[place]}",
        f"{hospital.absent[place]}",
        _percent(hospital.prevalence[:, place]),
        _percent(rates.sensitivity[:, place]),
        _percent(rates.false_alerts[:, place]),
        f"{without.value:,.0f}",
        f"{with_it.value:,.0f} ({with_it.low:,.0f} … {with_it.high:,.0f})",
    ]


def cost_table(prices: Prices, models: Sequence[ModelName]) -> Table:
    """What each model costs one hospital, beside alerts."""
    costs = {"local": prices.models.local, "federated": prices.models.federated}
    names = {"local": "the hospital's own model", "federated": "the federation's model"}
    rows = [
        [
            say(names[one]),
            *map(_money, (labelling_cost(prices), costs[one].one_off, costs[one].per_year)),
            _money(total),
        ]
        for one in models
        for total in (model_cost(prices, one),)
    ]
    head = ["", say("labelling, once"), say("else once"), say("each year"), say("a year, spread")]
    caption = say(
        "In {currency}; what is paid once is spread over {years} years. {labels} labels of {minutes} minutes.",
        currency=bounded(prices.currency),
        years=f"{prices.years:g}",
        labels=f"{prices.labelling.labels:,}",
        minutes=f"{prices.labelling.minutes_per_label:g}",
    )
    return Table(head, rows, caption)


def plan_table(rows: Sequence[PlanRow], prices: Prices) -> list[Block]:
    """How many labels there are and how many are needed, and what those cost."""
    wanted = prices.wanted.model_dump()
    names = {
        "sensitivity": "found ± {width}",
        "auroc": "AUROC ± {width}",
        "calibration_slope": "slope ± {width}",
        "observed_over_expected": "there over predicted, by {width}",
    }
    head = [say("finding"), say("with it"), say("without"), say("found: now ±")]
    head += [say(names[name], width=f"{wanted[name]:g}") for name in names]
    body = [
        [row.finding, f"{row.present}", f"{row.absent}", NONE if row.half_width is None else f"{row.half_width:.2f}"]
        + [NONE if row.needed[name] is None else f"{row.needed[name]:,}" for name in names]
        for row in rows
    ]
    most = max((number for row in rows for number in row.needed.values() if number is not None), default=0)
    each = prices.labelling.minutes_per_label * prices.reading.cost_per_minute
    words = say(
        "Labels of test patients, present and absent together, taken as they come and not chosen. The largest number "
        "costs {money} {currency}. A dash: it cannot be said, or takes more than {most}.",
        money=_money(most * each),
        currency=bounded(prices.currency),
        most=f"{MOST:,}",
    )
    return [Table(head, body), Paragraph(words), Paragraph(say(_SOURCES))]


def price_table(prices: Prices) -> Table:
    """Every number of prices.yaml."""
    return Table([say("price"), ""], [[name, value] for name, value in _leaves(prices.model_dump(exclude_none=True))])


def _leaves(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        key = f"{before}{bounded(name)}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, f"{value:,g}" if isinstance(value, float) else bounded(value)


def _percent(rows: Floats) -> str:
    one = estimate(rows)
    return f"{100 * one.value:.1f} % ({100 * one.low:.1f} … {100 * one.high:.1f})"


def _money(value: float) -> str:
    return f"{value:,.0f}"


_SOURCES = (
    "Found: Buderer 1996 with Wilson's interval. AUROC: Hanley and McNeil 1982. Slope, and there over predicted: Riley "
    "and others 2021 (Statistics in Medicine). All take examinations as independent of each other."
)
