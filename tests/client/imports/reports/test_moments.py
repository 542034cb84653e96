from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.client.imports.reports.moments import moment, moment_or_none


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20260108", "2026-01-08"),
        ("202601081015", "2026-01-08 10:15"),
        ("20260108101530.123+0900", "2026-01-08 10:15:30"),
        ("2026-01-08T10:15:30Z", "2026-01-08 10:15:30"),
        ("2026-01-08T10:15:30.5+09:00", "2026-01-08 10:15:30"),
        ("2026/1/8 9:05", "2026-01-08 09:05"),
        ("2026年1月8日", "2026-01-08"),
        ("08.01.2026", "2026-01-08"),
        ("08.01.2026, 10:15", "2026-01-08 10:15"),
        ("31/01/2026", "2026-01-31"),
        ("01/31/2026", "2026-01-31"),
        ("05/05/2026", "2026-05-05"),
    ],
)
def test_dates_as_systems_write_them(written: str, meant: str) -> None:
    assert moment(written) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("written", ["03/04/2026", "20261301", "yesterday", "2026-02-30", "1"])
def test_what_is_no_one_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"expected a date|may be two"):
        moment(written)
    assert moment_or_none(written) is None


def test_blank_is_no_date() -> None:
    assert moment("  ") is None


@settings(deadline=None)  # a busy machine is no fault
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001  # wall clock
def test_what_iso_and_hl7_write_is_read_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    assert moment(when.isoformat()) == moment(when.strftime("%Y%m%d%H%M%S")) == when
