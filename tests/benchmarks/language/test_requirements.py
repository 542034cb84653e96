import pytest

from glsmed.benchmarks.language.requirements import at_least, at_most, skipped


@pytest.mark.parametrize(
    ("value", "required", "low", "high"), [(0.9, 0.9, True, True), (0.8, 0.9, False, True), (0.95, 0.9, True, False)]
)
def test_a_requirement_is_met_from_its_own_side(value: float, required: float, low: bool, high: bool) -> None:
    assert at_least("x", value, required).met is low
    assert at_most("x", value, required).met is high


@pytest.mark.parametrize(("value", "required"), [(None, 0.9), (0.9, None)])
def test_without_value_or_requirement_nothing_is_met(value: float | None, required: float | None) -> None:
    assert at_least("x", value, required).met is None


def test_a_row_says_its_requirement_what_is_known_and_its_numbers() -> None:
    assert at_most("x", 0.1, 0.2, known=0.3, n=4).as_dict() == {
        "what": "x",
        "value": 0.1,
        "at_most": 0.2,
        "met": True,
        "best_known": 0.3,
        "numbers": {"n": 4},
    }


def test_a_skipped_row_says_why() -> None:
    assert skipped("x", "no corpus").as_dict()["skipped"] == "no corpus"
