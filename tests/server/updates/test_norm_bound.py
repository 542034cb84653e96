import pytest

from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.norm_bound import lengths, lower_median, stands_out, too_long

NORMS = {"a": 1.0, "b": 1.2, "c": 0.9}


def test_alike_norms_all_count() -> None:
    assert too_long({**NORMS, "d": 3.0}, 4.0) == {}


@pytest.mark.parametrize("norm", [4.1, 10.0, 1e30, float("inf")])
def test_a_norm_beyond_the_ratio_is_named(norm: float) -> None:
    refused = too_long({**NORMS, "d": norm}, 4.0)
    assert list(refused) == ["d"]
    assert "max_norm_ratio 4 times the round's median 1, got" in refused["d"]


def test_of_one_or_two_nobody_can_say_which_is_odd() -> None:
    assert too_long({"a": 1.0, "b": 1e30}, 4.0) == too_long({"a": 1e30}, 4.0) == {}


def test_without_a_bound_or_where_nobody_changes_anything_all_count() -> None:
    assert too_long({**NORMS, "d": 1e30}, None) == {}
    assert too_long({"a": 0.0, "b": 0.0, "c": 1.0}, 4.0) == {}


def test_one_long_change_cannot_raise_the_median() -> None:
    assert lower_median({"a": 1.0, "b": 2.0, "c": 3.0, "d": 1e30}) == 2.0
    assert list(too_long({"a": 1.0, "b": 1.0, "c": 1e30, "d": 1e30}, 4.0)) == ["c", "d"]


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        ({"a": 1.0, "b": 1e30}, "b"),
        ({"a": 1.0, "b": 1.5}, ""),
        ({"a": 1.0}, "a"),
        ({}, ""),
        ({**NORMS, "d": 50.0}, "d"),
        (NORMS, ""),
        ({"a": 0.0, "b": 1.0}, "b"),
    ],
)
def test_each_is_left_out_in_turn_to_find_who_stands_out(norms: dict[str, float], expected: str) -> None:
    assert stands_out(norms, 4.0) == expected


def test_where_changes_count_by_step_who_claims_few_steps_is_as_long_as_it_will_count() -> None:
    facts = [UpdateFacts(site, 1, 1, steps, 2.0) for site, steps in (("a", 100), ("b", 100), ("c", 1))]
    assert lengths(facts, by_step=False) == {"a": 2.0, "b": 2.0, "c": 2.0}
    assert lengths(facts, by_step=True) == {"a": 2.0, "b": 2.0, "c": 200.0}
