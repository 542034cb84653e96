from glsmed.shared.case.plan import PlanFacts, plan
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.sample_size import labels_for_auroc, wilson_half_width


def test_what_is_not_known_is_not_planned(prices: Prices) -> None:
    row = plan(PlanFacts("nodule", 0, 40, prevalence=0.02, sensitivity=0.9, auroc=None), prices.wanted)
    assert row.half_width is None
    assert row.needed["auroc"] is row.needed["calibration_slope"] is None
    assert row.needed["sensitivity"] is not None


def test_a_plan_asks_for_what_is_wanted(prices: Prices) -> None:
    row = plan(PlanFacts("effusion", 30, 270, prevalence=0.1, sensitivity=0.9, auroc=0.85), prices.wanted)
    assert row.half_width == wilson_half_width(0.9, 30)
    assert row.needed["auroc"] == labels_for_auroc(0.85, prevalence=0.1, half_width=prices.wanted.auroc)
