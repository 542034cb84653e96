"""What a year costs with a model and without one: plain arithmetic on rates, volumes and prices.

All arrays have one row for the estimate (row 0) and further rows for draws of what few labels leave open.

The model is a second reader: every examination is read as before, and an alert makes the reader look again. Of the
findings that a reader misses, those with an alert are found with the chance ``found_by_alert``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.case.prices import MissSection, Prices

Floats = NDArray[np.float64]
ModelName = Literal["local", "federated"]
FIGURES = ("alerts", "false_alerts", "misses", "minutes", "money")
_ENDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a model's alerts do, K findings.

    Attributes:
        sensitivity: ``(R, K)`` share of the present findings with an alert.
        false_alerts: ``(R, K)`` share of the absent ones with an alert.
        quiet: ``(R,)`` share of the examinations without any alert.
    """

    sensitivity: Floats
    false_alerts: Floats
    quiet: Floats


@dataclass(frozen=True, slots=True)
class Hospital:
    """What is known of one hospital.

    Attributes:
        findings: the K names.
        prevalence: ``(R, K)`` share of the examinations with each finding.
        models: the rates of each model that there is.
        present, absent: test examinations of each finding that the rates are about.
    """

    site: str
    findings: tuple[str, ...]
    prevalence: Floats
    models: Mapping[ModelName, Rates]
    present: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Yearly:
    """Figures of one year, ``(R,)`` each."""

    alerts: Floats
    false_alerts: Floats
    misses: Floats
    minutes: Floats
    money: Floats

    def less(self, other: "Yearly") -> "Yearly":
        """What is more here than there, draw by draw."""
        return Yearly(*(getattr(self, name) - getattr(other, name) for name in FIGURES))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def estimate(rows: Floats) -> Estimate:
    """The value of row 0, between the 2.5 and 97.5 percentiles of the draws; it always lies between its ends."""
    low, high = np.percentile(rows[1:], _ENDS) if len(rows) > 1 else (rows[0], rows[0])
    value = float(rows[0])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def yearly(hospital: Hospital, prices: Prices, model: ModelName | None) -> Yearly:
    """A year of one hospital without a model, or with one of those it has."""
    examinations = prices.sites.get(hospital.site, prices.examinations_per_year)
    present = examinations * hospital.prevalence
    misses = present * _of_all(hospital, prices, "missed_without_model")
    rates = None if model is None else hospital.models[model]
    minutes = np.full(len(present), examinations * prices.reading.minutes_per_examination)
    if rates is None or model is None:
        nothing = np.zeros(len(present))
        return Yearly(nothing, nothing, misses.sum(1), minutes, _paid(hospital, prices, minutes, misses))
    misses = misses * (1 - rates.sensitivity * _of_all(hospital, prices, "found_by_alert"))
    false = examinations * (1 - hospital.prevalence) * rates.false_alerts
    alerts = (present * rates.sensitivity + false).sum(1)
    minutes = minutes + alerts * prices.reading.minutes_per_alert
    minutes = minutes - examinations * rates.quiet * prices.reading.minutes_saved_when_quiet
    money = _paid(hospital, prices, minutes, misses) + model_cost(prices, model)
    money = money + (false * _of_all(hospital, prices, "cost_per_false_alert")).sum(1)
    return Yearly(alerts, false.sum(1), misses.sum(1), minutes, money)


def model_cost(prices: Prices, model: ModelName) -> float:
    """What a model costs one hospital in a year: running, its share of what is paid once, and labelling."""
    cost = prices.models.local if model == "local" else prices.models.federated
    return cost.per_year + cost.one_off / prices.years + labelling_cost(prices) / prices.years


def labelling_cost(prices: Prices) -> float:
    """What all labels cost together."""
    return prices.labelling.labels * prices.labelling.minutes_per_label * prices.reading.cost_per_minute


def together(years: Sequence[Yearly]) -> Yearly:
    """The sum over hospitals, whose draws are independent of each other."""
    return Yearly(*(np.sum([getattr(one, name) for one in years], axis=0) for name in FIGURES))


def alone(hospital: Hospital, place: int) -> Hospital:
    """The hospital as if there were one finding; its quiet share stays that of all."""
    column = slice(place, place + 1)
    models = {
        name: Rates(rates.sensitivity[:, column], rates.false_alerts[:, column], rates.quiet)
        for name, rates in hospital.models.items()
    }
    return Hospital(
        hospital.site,
        hospital.findings[column],
        hospital.prevalence[:, column],
        models,
        hospital.present[column],
        hospital.absent[column],
    )


def _paid(hospital: Hospital, prices: Prices, minutes: Floats, misses: Floats) -> Floats:
    costs = misses * _of_all(hospital, prices, "cost_per_miss")
    return np.asarray(minutes * prices.reading.cost_per_minute + costs.sum(1))


def _of_all(hospital: Hospital, prices: Prices, name: str) -> Floats:
    """``(K,)`` what prices.yaml says of each finding."""
    sections: list[MissSection] = [prices.of_finding(finding) for finding in hospital.findings]
    return np.array([getattr(section, name) for section in sections])
