from collections.abc import Callable
from pathlib import Path

import httpx

from glsmed.client.monitoring.site_events import Ended, EventWriter, Sent, Trained
from glsmed.client.monitoring.site_monitor import SiteMonitor
from glsmed.client.settings.config import load_site
from glsmed.shared.processes.children import free_port
from glsmed.shared.processes.log_files import MOST_LOG_BYTES

TRAINED = Trained(round=1, rounds=2, steps=4, images=32, seconds=2.0, loss=0.5, sent_bytes=10)


def test_rounds_are_told_and_counted_as_they_come(write_config: Callable[..., Path]) -> None:
    port = free_port()
    config = load_site(write_config(replace={"device: cpu": f"device: cpu\nmetrics_port: {port}"}))
    config.state.prepare()
    events = EventWriter(config.state.events)
    events.note(TRAINED)  # of an earlier start
    lines: list[str] = []
    with SiteMonitor(config, tell=lines.append).running() as monitor:
        monitor.look()
        assert lines == []
        for event in (TRAINED, Sent("train", 10), Ended("shipped", "It is better.")):
            events.note(event)
        monitor.look()
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    assert [line.split(":")[0] for line in lines] == [
        "round 1 of 2",
        "the study has ended, your model is in shipped, with its model card. It is better.",
    ]
    assert "glsmed_site_rounds_trained_total 1.0" in text


def test_process_logs_are_kept_small(write_config: Callable[..., Path]) -> None:
    config = load_site(write_config())
    config.state.logs.mkdir(parents=True)
    log = config.state.process_log("resident")
    with log.open("wb") as file:
        file.truncate(MOST_LOG_BYTES + 1)
    SiteMonitor(config, tell=lambda _: None).look()
    assert log.stat().st_size == 0
