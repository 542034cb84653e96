import pytest

from glsmed.shared.metrics.macro import macro


def test_macro_is_the_mean_over_findings_and_the_sum_of_counts() -> None:
    by_finding = {"a": {"n": 10.0, "auroc": 0.8}, "b": {"n": 20.0, "auroc": 0.6}, "c": {"n": 5.0}}
    assert macro(by_finding) == pytest.approx({"n": 35.0, "auroc": 0.7})
