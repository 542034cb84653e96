from pathlib import Path

import pytest

from glsmed.benchmarks.language import speed
from glsmed.benchmarks.language.speed import extract_speed, negspacy_speed, report_lines

TEXTS = {str(number): "No effusion. Possible pneumonia." for number in range(50)}


def test_speed_is_reports_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, worked = iter([0.0, 2.0] * 3), iter([0.0, 1.0] * 3)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("time.process_time", lambda: next(worked))
    assert extract_speed("en_radiology", report_lines(TEXTS)) == (25.0, 50.0)


def test_a_report_without_answer_is_no_speed() -> None:
    with pytest.raises(RuntimeError, match="2 reports gave 1 answers"):
        extract_speed("en_radiology", [b'{"id": "1", "text": "x"}\n', b"{\n"])


def test_a_rival_that_cannot_be_installed_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    rival = negspacy_speed("en_radiology", report_lines(TEXTS), tmp_path)
    assert rival.reports_per_second is None
    assert "negspacy could not be installed: FileNotFoundError" in rival.skipped


def test_a_rival_that_fails_is_skipped_and_leaves_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_install", lambda _: "")
    monkeypatch.setattr(speed, "_run", lambda *_, **__: ("", "it broke"))
    assert negspacy_speed("en_radiology", report_lines(TEXTS), tmp_path).skipped == "it broke"
    assert not (tmp_path / "reports.jsonl").exists()


def test_a_rivals_numbers_are_taken_from_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = 'noise\n{"reports_per_second": 3000.0, "reports_per_processor_second": 3100.0, "spacy": "3.8"}\n'
    monkeypatch.setattr(speed, "_install", lambda _: "")
    monkeypatch.setattr(speed, "_run", lambda *_, **__: (told, ""))
    rival = negspacy_speed("en_radiology", report_lines(TEXTS), tmp_path)
    assert (rival.reports_per_second, rival.reports_per_processor_second) == (3000.0, 3100.0)
    assert rival.versions == {"spacy": "3.8"}
