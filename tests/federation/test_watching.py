"""What people and their tools see of a running study, of one that was stopped, and of one that was killed."""

import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from glsmed.server.folders.run_folder import read_status
from glsmed.shared.processes.children import free_port
from glsmed.shared.processes.logs import LOG_FORMAT_VARIABLE

from .conftest import BUSY, SITES, Federation, edit_yaml, make_federation, succeed

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = make_federation(tmp_path, rounds=2)
    yield made
    made.stop()


def _status(federation: Federation) -> dict[str, object]:
    text = succeed("flwr-server", "--study", str(federation.study_file), "status", "--json", cwd=federation.root)
    content: dict[str, object] = json.loads(text)
    return content


def _scrape(port: int) -> Mapping[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).raise_for_status().text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}


def _set_ports(federation: Federation) -> tuple[int, int]:
    """Ports for the metrics of the centre and of the first site."""
    at_centre, at_site = free_port(), free_port()

    def watch(content: dict[str, object]) -> None:
        centre = content["centre"]
        assert isinstance(centre, dict)
        centre.update(metrics_port=at_centre, tensorboard=True)

    edit_yaml(federation.study_file, watch)
    edit_yaml(federation.config(SITES[0]), lambda content: content.update(metrics_port=at_site))
    return at_centre, at_site


def test_a_study_is_seen_from_both_ends_to_its_end(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOG_FORMAT_VARIABLE, "json")
    at_centre, at_site = _set_ports(federation)
    centre = federation.start_centre()
    hospitals = [federation.start_site(site) for site in SITES]
    centre.wait_for("round 2 of 2: training at", seconds=150)
    assert _scrape(at_centre)["glsmed_centre_rounds_done"] in (1, 2)  # the second may be over by now
    hospitals[0].wait_for(r"round 1 of 2: trained 4 steps in \d+ s, loss \d\.\d\d; update sent \(\d+\.\d MB\)")
    assert _scrape(at_site)["glsmed_site_rounds_trained_total"] >= 1
    for hospital in hospitals:
        hospital.wait_for("the study has ended, your model is in", seconds=100)
    centre.wait_for("done: results are in", seconds=30)
    assert (_status(federation)["state"], _status(federation)["centre_runs"]) == ("finished", False)
    assert list((federation.study_file.parent / "run" / "tensorboard").iterdir())
    federation.stop()
    _check_every_line_is_json(federation)


def _check_every_line_is_json(federation: Federation) -> None:
    logs = [*federation.root.rglob("logs/*.log"), *(program.log for program in federation.programs)]
    assert {log.stem for log in logs} >= {"superlink", "rounds", "resident", "supernode"}
    lines = [(log.name, line) for log in logs for line in log.read_text().splitlines() if line]
    assert [one for one in lines if not one[1].startswith('{"')] == []
    assert all("timestamp" in json.loads(line) for _, line in lines)


@pytest.mark.parametrize(
    ("number", "written"), [(signal.SIGINT, "interrupted"), (signal.SIGKILL, "waiting")], ids=["Ctrl-C", "kill -9"]
)
def test_after_the_end_of_its_centre_a_study_is_interrupted(
    federation: Federation, number: signal.Signals, written: str
) -> None:
    centre = federation.start_centre()
    centre.wait_for("waiting for sites", seconds=100)
    assert (_status(federation)["state"], _status(federation)["centre_runs"]) == ("waiting", True)
    os.kill(centre.process.pid, number)
    centre.process.wait(25 * BUSY)
    status = _status(federation)
    assert (status["state"], status["centre_runs"]) == ("interrupted", False)
    assert re.search("start it again to begin with round 1", str(status["message"]))
    state = read_status(federation.study_file.parent / "run")
    assert state is not None
    assert state.state == written  # what the file says: after kill -9 nobody could write it
