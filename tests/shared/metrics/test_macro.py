import pytest

from glsmed.shared.metrics.macro import macro


def test_macro_is_the_mean_over_findings_and_the_sum_of_counts() -> None:
    by_finding = {"a": {"n": 10.0, "auroc": 0.8}, "b": {"n": 20.0, "auroc": 0.6}, "c": {"n": 5.0}}
    assert macro(by_finding) == pytest.approx({"n": 35.0, "auroc": 0.7})


@pytest.mark.parametrize(("n", "positives"), [(8.0, 0.0), (8.0, 8.0)])
def test_a_finding_with_one_class_is_left_out_of_means_and_counted_all_the_same(n: float, positives: float) -> None:
    by_finding = {
        "a": {"n": 10.0, "positives": 4.0, "brier": 0.2},
        "never": {"n": n, "positives": positives, "brier": 0.0},
    }
    assert macro(by_finding) == pytest.approx({"n": 18.0, "positives": 4.0 + positives, "brier": 0.2})


def test_without_a_finding_of_both_classes_there_is_no_mean() -> None:
    assert macro({"never": {"n": 8.0, "positives": 0.0, "brier": 0.0}}) == {"n": 8.0, "positives": 0.0}


def test_a_finding_whose_counts_are_not_known_counts() -> None:
    assert macro({"a": {"brier": 0.2}, "b": {"n": 5.0, "brier": 0.4}})["brier"] == pytest.approx(0.3)
