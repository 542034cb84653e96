import pytest

from glsmed.site_adapters.inputs.tables.identifiers import is_lost, spoiled_identifiers, with_lost_zeros


def spoiled(*values: str) -> list[tuple[int, str]]:
    return list(map(tuple, spoiled_identifiers(list(enumerate(values, 2)))))  # type: ignore[arg-type]  # named tuples


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "NaN",
        "None",
        "NULL",
        "#N/A",
        "#REF!",
        "#¡VALOR!",
        "#NV",
        "<NA>",
        "#NAME?",
        "NaT",
        "n/a",
        "#####",
        "unknown",
    ],
)
def test_what_stands_for_a_lost_value_is_named(value: str) -> None:
    assert is_lost(value)
    assert "lost value" in spoiled("p1", value)[0][1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1E+13", "a spreadsheet rounds it"),
        ("1.23457E+12", "a spreadsheet rounds it"),
        ("1,23457E+12", "a spreadsheet rounds it"),
        ("1.5e12", "a spreadsheet rounds it"),
        ("12345.0", "became a decimal number"),
        ("3-May", "took for a date"),
        ("Jan-12", "took for a date"),
    ],
)
def test_numbers_and_dates_in_place_of_an_identifier_are_named(value: str, said: str) -> None:
    ((line, message),) = spoiled("p1", value)
    assert line == 3
    assert said in message


@pytest.mark.parametrize(
    "values",
    [
        ["p1", "P-0017", "1.2.840.113619.2.55", "3E10", "NA12", "nano", "ward-3-12", "2024-05-03"],
        ["1", "2", "10", "100"],
        ["0017", "0018", "1234"],
        ["12345678901234567", "12345678901234500", "12345678901234000"],
        ["007", "12", "345", "6789", "1000", "2000", "3000"],
    ],
)
def test_honest_identifiers_are_left_alone(values: list[str]) -> None:
    assert spoiled(*values) == []


@pytest.mark.parametrize("value", ["-", "--", ".", "?", "—", "/"])
def test_a_dash_for_a_value_that_is_not_there_is_no_identifier(value: str) -> None:
    assert "neither a letter nor a digit" in spoiled("p1", value)[0][1]


def test_the_same_spoiled_value_is_said_once_with_its_lines() -> None:
    ((line, message),) = spoiled(*["nan"] * 7)
    assert line == 2
    assert "(7 rows: lines 2, 3, 4, 5, 6 …)" in message


def test_many_values_that_were_spoiled_alike_are_one_fault() -> None:
    ((line, message),) = spoiled("p1", "1000.0", "1001.0", "1002.0")
    assert line == 3
    assert message.startswith("'1000.0' is an identifier that became a decimal number")
    assert message.endswith("as 2 more values (3 rows: lines 3, 4, 5)")


def test_lost_leading_zeros_show_beside_those_that_were_kept() -> None:
    ((line, message),) = spoiled("00000017", "00000018", "19", "12345678", "20")
    assert line == 4
    assert "'19' has 2 digits where others have 8 with leading zeros: zeros were lost (2 rows: lines 4, 6)" in message


def test_numbers_that_all_end_in_zeros_after_fifteen_digits_were_rounded() -> None:
    ((_, message),) = spoiled("12345678901234500", "12345678901234600", "98765432109876500")
    assert "all 3 numbers of more than 15 digits end in zeros" in message


@pytest.mark.parametrize(
    ("value", "known", "found"),
    [
        ("17", {"0017", "0018"}, "0017"),
        ("17.0", {"17"}, "17"),
        ("17", {"0017", "017"}, ""),
        ("s17", {"s0017"}, ""),
        ("0", {"000"}, ""),
    ],
)
def test_the_identifier_that_lost_its_zeros_is_found(value: str, known: set[str], found: str) -> None:
    assert with_lost_zeros(value, known) == found
