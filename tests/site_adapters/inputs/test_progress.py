from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from glsmed.site_adapters.inputs.progress import track


class Clock:
    """Four seconds pass between two looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 4
        return self.now


def test_items_come_as_they_are() -> None:
    assert list(track("abc", description="x")) == ["a", "b", "c"]


def test_without_a_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glsmed.site_adapters.inputs.progress.time", SimpleNamespace(monotonic=Clock()))
    list(track(range(8), description="decoding"))
    lines = capsys.readouterr().err.splitlines()
    assert 1 < len(lines) < 8
    assert all(line.startswith("decoding: ") and line.endswith("/8") for line in lines)


def test_without_a_total_the_count_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glsmed.site_adapters.inputs.progress.time", SimpleNamespace(monotonic=Clock()))
    list(track(iter(range(8)), description="reading"))
    assert "reading: 2\n" in capsys.readouterr().err


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    list(track(range(1000), description="x"))
    assert capsys.readouterr().err == ""


def test_items_are_taken_only_when_they_are_asked_for() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    assert next(track(items(), description="x")) == 0
    assert taken == [0]
