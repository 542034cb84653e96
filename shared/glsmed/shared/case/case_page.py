"""The case for management as one page, in English or Japanese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glsmed.shared.case.case_tables import cost_table, finding_tables, plan_table, price_table
from glsmed.shared.case.plan import PlanRow
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.tornado import Swing, swings
from glsmed.shared.case.yearly import FIGURES, Estimate, Hospital, ModelName, Yearly, estimate, together, yearly
from glsmed.shared.pages.blocks import Block, Figure, Heading, Listing, Page, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say

_SHOWN_SWINGS = 10
FIGURE_WORDS = {
    "alerts": "alerts",
    "false_alerts": "of these, false alerts",
    "misses": "findings missed",
    "minutes": "reading time, hours",
    "money": "money, {currency}",
}
MODEL_WORDS: Mapping[ModelName | None, str] = {
    None: "no model",
    "local": "the hospital's own model",
    "federated": "the federation's model",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the page is made of.

    Attributes:
        owner: whose case it is.
        hospitals: one, or those of a consortium.
        about: what the rates were measured on, in the page's language.
        left_out: by finding or hospital, why it does not count; in the page's language.
    """

    owner: str
    prices: Prices
    hospitals: Sequence[Hospital]
    about: Sequence[str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    plan: Sequence[PlanRow] = ()

    @property
    def models(self) -> tuple[ModelName, ...]:
        """The models that every hospital has, the federation's last."""
        names: tuple[ModelName, ...] = ("local", "federated")
        return tuple(name for name in names if all(name in one.models for one in self.hospitals))

    def year(self, model: ModelName | None, prices: Prices | None = None) -> Yearly:
        """A year of all hospitals with one model, or without; at other prices where these are given."""
        paid = prices or self.prices
        return together([yearly(one, paid, model) for one in self.hospitals])


def case_page(case: Case, *, written_at: str) -> Page:
    """The page.

    Args:
        case: what it says.
        written_at: when, for people.
    """
    blocks: list[Block] = [
        Paragraph(say("Written at {when}. A year at these prices; 95 % intervals in brackets.", when=written_at)),
        Paragraph(say(_SUMMARY[len(case.models) > 1], **_summary_values(case)), strong=True),
        Listing([*case.about, *(say(sentence) for sentence in _HOW)]),
        Heading(say("A year without a model and with one")),
        _year_table(case),
        Heading(say("What changes")),
        _change_table(case),
        Heading(say("By finding")),
        *finding_tables(case.hospitals, case.prices),
        *_left_out(case),
        Heading(say("What having a model costs a hospital")),
        cost_table(case.prices, case.models),
        Heading(say("What changes with prices")),
        *_tornado(case),
        Heading(say("Labels that are needed")),
        *plan_table(case.plan, case.prices),
        Heading(say("What this does not say")),
        Listing([say(sentence) for sentence in _LIMITS]),
        Heading(say("The prices")),
        price_table(case.prices),
    ]
    title = say("The case for management: {owner}", owner=bounded(case.owner))
    return Page(title, blocks)


def case_lines(case: Case) -> list[str]:
    """The table of a year as lines for a terminal."""
    table = _year_table(case)
    return ["  ".join(row) for row in (table.header, *table.rows)]


def _year_table(case: Case) -> Table:
    years = [case.year(model) for model in (None, *case.models)]
    head = ["", *(say(MODEL_WORDS[model]) for model in (None, *case.models))]
    rows = [[_figure(name, case), *(_shown(name, estimate(getattr(one, name))) for one in years)] for name in FIGURES]
    return Table(head, rows)


def _change_table(case: Case) -> Table:
    pairs: list[tuple[ModelName, ModelName | None]] = [(model, None) for model in case.models]
    if len(case.models) > 1:
        pairs.append(("federated", "local"))
    rows = []
    for model, other in pairs:
        change = case.year(model).less(case.year(other))
        shown = [_shown(name, estimate(getattr(change, name)), sign="+") for name in ("misses", "minutes", "money")]
        name = say("{one} less {other}", one=say(MODEL_WORDS[model]), other=say(MODEL_WORDS[other]))
        rows.append([name, *shown, f"{100 * (change.money[1:] < 0).mean():.0f} %"])
    head = ["", *(_figure(name, case) for name in ("misses", "minutes", "money"))]
    caption = say("Last column: in how many of 100 draws of what few labels leave open it costs less.")
    return Table([*head, say("cheaper")], rows, caption)


def _tornado(case: Case) -> list[Block]:
    from glsmed.shared.pages.figures import Bar, tornado_svg  # brings matplotlib

    model = case.models[-1]

    def money(prices: Prices) -> float:
        return float(case.year(model, prices).less(case.year(None, prices)).money[0])

    found = swings(case.prices, money)[:_SHOWN_SWINGS]
    value = estimate(case.year(model).less(case.year(None)).money)
    labels = Swing(say("what few labels leave open"), value.low, value.high)
    bars = [Bar(one.name, one.low, one.high) for one in (labels, *found)]
    caption = say(
        "Money of a year, {model} less no model, in {currency}: below 0 it saves. Each price is divided and multiplied "
        "by {factor}; the line is at {value}.",
        model=say(MODEL_WORDS[model]),
        currency=bounded(case.prices.currency),
        factor=f"{case.prices.factor:g}",
        value=f"{value.value:+,.0f}",
    )
    rows = [[bar.name, f"{bar.low:+,.0f}", f"{bar.high:+,.0f}"] for bar in bars]
    head = [say("price"), say("divided"), say("multiplied")]
    return [Figure(tornado_svg(bars, middle=value.value, title=caption), caption), Table(head, rows)]


def _left_out(case: Case) -> list[Block]:
    if not case.left_out:
        return []
    return [
        Paragraph(say("Left out of all figures:")),
        Listing([f"{bounded(name)}: {why}" for name, why in case.left_out.items()]),
    ]


def _summary_values(case: Case) -> dict[str, str]:
    model = case.models[-1]
    change = case.year(model).less(case.year(None))
    values = {name: _shown(name, estimate(getattr(change, name)), sign="+") for name in ("misses", "minutes", "money")}
    values |= {"currency": bounded(case.prices.currency), "model": say(MODEL_WORDS[model])}
    if len(case.models) > 1:
        values["beside"] = _shown("money", estimate(case.year(model).less(case.year("local")).money), sign="+")
    return values


def _figure(name: str, case: Case) -> str:
    return say(FIGURE_WORDS[name], currency=bounded(case.prices.currency))


def _shown(name: str, value: Estimate, *, sign: str = "") -> str:
    """A figure with its interval; minutes are shown as hours."""
    by = 60 if name == "minutes" else 1
    parts = [f"{number / by:{sign},.0f}" for number in (value.value, value.low, value.high)]
    return parts[0] if parts[1] == parts[2] else f"{parts[0]} ({parts[1]} … {parts[2]})"


_SUMMARY = {
    False: (
        "With {model}, a year changes by {misses} missed findings, {minutes} hours of reading and {money} {currency}."
    ),
    True: (
        "With {model}, a year changes by {misses} missed findings, {minutes} hours of reading and {money} {currency}; "
        "compared with the hospital's own model, by {beside} {currency}."
    ),
}
_HOW = (
    "The model is a second reader: every examination is read as before, and an alert makes the reader look again.",
    (
        "Intervals come from 2000 draws of patients and of how common each finding is; both models are judged on the "
        "same draws. Before the draws each share starts from half a case found and half a case missed (Jeffreys), so "
        "that 10 of 10 is not taken for certain."
    ),
)
_LIMITS = (
    (
        "Whether a reader with this model finds more: no reader was asked. found_by_alert is an assumption. Findings "
        "that readers miss may be those that the model misses, too: then lower it."
    ),
    (
        "Who gets an alert at every other examination no longer heeds it; found_by_alert is one number, however many "
        "alerts are false."
    ),
    "Harm to a patient is more than its price.",
    "Prices and volumes have no interval of their own; the figure above shows what they change.",
    "It is research software and not a medical device. It may not decide about a patient.",
)
