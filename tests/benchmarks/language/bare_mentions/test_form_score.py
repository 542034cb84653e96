import pytest

from glsmed.benchmarks.language.bare_mentions.form_score import difference, held_out_gain
from glsmed.benchmarks.language.bare_mentions.mentions import BareMention


def mention(number: int, cue: str, value: int, system: str = "A") -> BareMention:
    return BareMention(f"CXR{number}", system, cue, "findings", "", 1, False, value)


def is_alone(one: BareMention) -> bool:
    return one.cue == "alone"


def test_a_large_difference_lies_beyond_its_interval_and_chance_does_not() -> None:
    alone = [mention(number, "alone", 1) for number in range(100)]
    half = [mention(number, "other", number % 2) for number in range(100, 200)]
    found = difference([*alone, *half], is_alone)
    assert found is not None
    assert (found.form, found.others, found.difference) == ((100, 100), (100, 50), 0.5)
    assert found.differs
    assert found.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)  # the binomial's own standard error, by hand
    same = [mention(number, "alone" if number % 2 else "other", number % 4 > 1) for number in range(100)]
    chance = difference(same, is_alone)
    assert chance is not None
    assert not chance.differs


def test_mentions_of_one_report_count_as_one_draw() -> None:
    apart = [mention(number, "alone" if number % 2 else "other", int(number % 3 == 0)) for number in range(60)]
    together = [mention(number // 6, one.cue, one.value) for number, one in enumerate(apart)]
    by_report, by_mention = difference(together, is_alone), difference(apart, is_alone)
    assert by_report is not None
    assert by_mention is not None
    assert by_report.high - by_report.low != by_mention.high - by_mention.low


def test_a_form_that_nothing_or_everything_has_makes_no_difference() -> None:
    alone = [mention(number, "alone", 1) for number in range(5)]
    assert difference(alone, is_alone) is None
    assert difference([mention(1, "other", 1)], is_alone) is None


def test_forms_gain_where_they_mean_the_same_elsewhere_and_lose_where_they_do_not() -> None:
    def site(system: str, alone: int, other: int) -> list[BareMention]:
        return [
            *(mention(number, "alone", alone, system) for number in range(100)),
            *(mention(number, "other", other, system) for number in range(100)),
        ]

    kept = held_out_gain([*site("A", 1, 0), *site("B", 1, 0)], lambda one: one.cue, at="B")
    turned = held_out_gain([*site("A", 1, 0), *site("B", 0, 1)], lambda one: one.cue, at="B")
    assert kept["brier"] > 0.2
    assert turned["brier"] < -0.2
    assert kept["log_loss"] > 0 > turned["log_loss"]
