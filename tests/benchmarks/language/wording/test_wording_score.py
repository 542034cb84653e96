"""Wording that readers of reports misread: every check of our own holds, and a wrong reading is seen."""

from dataclasses import replace
from functools import cache

import pytest

from glsmed.benchmarks.language.wording.wording_score import WordingCheck, read_checks, score_wording, share_passed
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

CHECKS = read_checks()


@cache
def _reader(language: str) -> Reader:
    return Reader(load_adapter(f"{language}_radiology"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.kind}-{check.language}-{check.text[:30]!r}")
def test_a_wording_is_read_as_it_is_meant(check: WordingCheck) -> None:
    assert check.holds(_reader(check.language))


def test_there_are_checks_of_both_directions_in_each_language() -> None:
    assert len(CHECKS) >= 400
    assert {check.language for check in CHECKS} == {"de", "en", "es", "ja"}
    assert sum(check.control for check in CHECKS) >= 0.4 * len(CHECKS)


def test_a_wrong_reading_is_counted() -> None:
    wrong = replace(CHECKS[0], states=frozenset({"no such state"}))
    assert share_passed([CHECKS[0], wrong]) == 0.5
    assert list(score_wording([CHECKS[0], wrong]).values()) == ["1 of 2"]
