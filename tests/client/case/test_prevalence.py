import numpy as np
import pytest

from glsmed.client.case.prevalence import prevalence_draws
from glsmed.client.labels.label_table import LabelRow
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.yearly import Floats

FINDINGS = ("effusion", "nodule")


def _row(study: str, finding: str, posterior: float, *, weight: float = 1.0, patient: str = "") -> LabelRow:
    empty = dict.fromkeys(LabelRow._fields, 0)
    known = {"study_id": study, "patient_id": patient or study, "finding": finding, "posterior_mean": posterior}
    return LabelRow(**{**empty, **known, "weight": weight})  # type: ignore[arg-type]  # the other fields do not count


def _found(rows: list[LabelRow], gold: dict[tuple[str, str], int], prices: Prices) -> Floats:
    return prevalence_draws(rows, gold, FINDINGS, prices, np.random.default_rng(0))


def test_gold_goes_before_words_and_what_is_not_mentioned_is_absent(prices: Prices) -> None:
    rows = [
        *(_row("a", "effusion", 0.9), _row("a", "nodule", 0.2)),
        *(_row("b", "effusion", 0.5), _row("b", "nodule", 0.3, weight=0.0)),
    ]
    assert _found(rows, {("b", "effusion"): 0}, prices)[0].tolist() == pytest.approx([0.45, 0.1])


def test_counts_of_the_hospital_go_before_both(prices: Prices) -> None:
    counted = {"findings": {"nodule": {"prevalence": {"present": 30, "of": 1000}}}}
    own = Prices.model_validate({**prices.model_dump(), **counted})
    found = _found([_row("a", "effusion", 1.0), _row("a", "nodule", 1.0)], {}, own)
    assert found[0].tolist() == [1.0, 0.03]
    assert found[1:, 1].std() == pytest.approx(0.0054, rel=0.1)  # of 30 in 1000
