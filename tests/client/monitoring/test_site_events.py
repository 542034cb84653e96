import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from glsmed.client.monitoring.site_events import Ended, EventReader, EventWriter, Failed, Sent, SiteEvent, Trained

TRAINED = Trained(round=3, rounds=50, steps=100, images=3200, seconds=41.2, loss=0.31, sent_bytes=44_700_000)
EVENTS: list[SiteEvent] = [TRAINED, Sent("train", 7), Failed("train", "3", "DataError"), Ended("state/shipped")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_noted_is_read(path: Path, event: SiteEvent) -> None:
    reader = EventReader(path)
    EventWriter(path).note(event)
    assert reader.new() == [event]


def test_each_event_is_read_once_in_order(path: Path) -> None:
    reader, writer = EventReader(path), EventWriter(path)
    assert reader.new() == []
    writer.note(EVENTS[0])
    assert reader.new() == EVENTS[:1]
    for event in EVENTS[1:]:
        writer.note(event)
    assert reader.new() == EVENTS[1:]
    assert reader.new() == []


def test_events_of_an_earlier_start_are_forgotten(path: Path) -> None:
    EventWriter(path).note(TRAINED)
    reader = EventReader(path)
    reader.begin()
    EventWriter(path).note(Sent("train", 7))
    assert reader.new() == [Sent("train", 7)]


def test_a_line_that_a_killed_process_left_unfinished_costs_no_other(path: Path) -> None:
    reader = EventReader(path)
    path.write_text('\n{"event": "Trained", "round": 3')
    assert reader.new() == []
    EventWriter(path).note(TRAINED)
    assert reader.new() == [TRAINED]


def test_only_the_owner_reads_it(path: Path) -> None:
    EventWriter(path).note(TRAINED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_costs_the_note_and_not_the_round(tmp_path: Path) -> None:
    with capture_logs() as logs:
        EventWriter(tmp_path).note(TRAINED)  # a folder
    assert [line["event"] for line in logs] == ["event_not_noted"]
    assert list(tmp_path.iterdir()) == []
