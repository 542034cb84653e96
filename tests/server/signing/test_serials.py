import time
from pathlib import Path

import pytest

from glsmed.server.signing.serials import Serials
from glsmed.shared.errors import FederationError


def test_numbers_rise_within_a_start_and_over_starts(tmp_path: Path) -> None:
    numbers: list[int] = []
    for _ in range(3):
        serials = Serials(tmp_path / "serial")
        numbers.extend(serials.next() for _ in range(500))
    assert numbers == sorted(set(numbers))


def test_without_the_file_the_clock_numbers_on(tmp_path: Path) -> None:
    before = Serials(tmp_path / "a").next()
    time.sleep(0.002)
    assert Serials(tmp_path / "b").next() > before


def test_with_the_file_a_clock_that_went_back_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Serials(tmp_path / "a").next()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    serials = Serials(tmp_path / "a")
    assert serials.next() > before
    assert serials.next() > before + 1


def test_a_number_is_reserved_on_disk_before_it_is_given(tmp_path: Path) -> None:
    number = Serials(tmp_path / "a").next()
    assert int((tmp_path / "a").read_text()) > number


def test_a_damaged_file_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("seven")
    with pytest.raises(FederationError, match="delete it"):
        Serials(tmp_path / "a")
