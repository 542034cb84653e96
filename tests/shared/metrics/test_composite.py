import pytest

from glsmed.shared.metrics.composite import composite_of_finding, composite_score

PARTS = {"false_alert_rate": 1.0, "miss_rate": 2.0}
EFFUSION = {"n": 10.0, "positives": 4.0, "false_alert_rate": 0.1, "miss_rate": 0.4}  # (0.1 + 0.8) / 3 = 0.3
NODULE = {"n": 10.0, "positives": 1.0, "false_alert_rate": 0.6, "miss_rate": 0.6}  # 0.6


def test_the_parts_of_a_finding_are_weighed() -> None:
    assert composite_of_finding(EFFUSION, PARTS) == pytest.approx(0.3)


def test_a_finding_that_lacks_a_part_has_no_score() -> None:
    assert composite_of_finding({"miss_rate": 0.1}, PARTS) is None
    assert composite_of_finding(EFFUSION, {}) is None


@pytest.mark.parametrize(("counts", "expected"), [({}, 0.45), ({"nodule": 2.0}, 0.5), ({"effusion": 3.0}, 0.375)])
def test_a_rare_finding_counts_as_often_as_the_study_says(counts: dict[str, float], expected: float) -> None:
    assert composite_score({"effusion": EFFUSION, "nodule": NODULE}, PARTS, counts) == pytest.approx(expected)


def test_a_finding_with_one_class_does_not_count() -> None:
    absent = {**NODULE, "positives": 0.0}
    assert composite_score({"effusion": EFFUSION, "nodule": absent}, PARTS, {}) == pytest.approx(0.3)
    assert composite_score({"nodule": absent}, PARTS, {}) is None
