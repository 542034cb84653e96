"""Prices as ``case --init`` writes them, and a hospital whose rates are known."""

from pathlib import Path

import numpy as np
import pytest

from glsmed.shared.case.case_page import Case
from glsmed.shared.case.plan import PlanFacts, plan
from glsmed.shared.case.prices import Prices, load_prices
from glsmed.shared.case.prices_file import write_prices
from glsmed.shared.case.yearly import Hospital, Rates


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    write_prices(tmp_path / "prices.yaml")
    return load_prices(tmp_path / "prices.yaml")


def rates(sensitivity: list[float], false_alerts: list[float], quiet: float = 0.8) -> Rates:
    """Three rows of the same numbers: an estimate and two draws."""
    return Rates(np.array([sensitivity] * 3), np.array([false_alerts] * 3), np.full(3, quiet))


@pytest.fixture
def hospital() -> Hospital:
    return Hospital(
        "st-mary",
        ("effusion", "nodule"),
        np.array([[0.1, 0.02]] * 3),
        {"local": rates([0.8, 0.5], [0.1, 0.2]), "federated": rates([0.9, 0.6], [0.05, 0.1])},
        (30, 6),
        (270, 294),
    )


def case_of(hospital: Hospital, prices: Prices, *, owner: str = "st-mary") -> Case:
    """A case with every part of the page."""
    facts = PlanFacts("effusion", 30, 270, prevalence=0.1, sensitivity=0.9, auroc=0.85, logits=np.linspace(-4, 2, 90))
    return Case(
        owner, prices, [hospital], about=["about"], left_out={"hernia": "why"}, plan=[plan(facts, prices.wanted)]
    )
