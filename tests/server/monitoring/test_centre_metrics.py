import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.centre_metrics import CentreMetrics
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.processes.children import free_port
from glsmed.shared.processes.metrics_endpoint import metrics_endpoint

from .conftest import NOW, RUNNING

Sample = tuple[str, tuple[tuple[str, str], ...]]


def _scrape(folder: StudyFolder) -> dict[Sample, float]:
    """Over HTTP, and read by the parser of the Prometheus library."""
    port = free_port()
    with metrics_endpoint(CentreMetrics(folder, now=lambda: NOW), port=port, key="centre.metrics_port"):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).raise_for_status().text
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


@pytest.fixture
def scraped(folder: StudyFolder, run: RunFolder) -> dict[Sample, float]:
    """What is served while the centre runs."""
    with exclusive_lock(folder.lock, work="a study"):
        run.report(RUNNING)
        return _scrape(folder)


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("readable", {}, 1),
        ("round", {}, 3),
        ("rounds", {}, 50),
        ("rounds_done", {}, 2),
        ("quorum", {}, 2),
        ("sites_online", {}, 1),
        ("sites_waited_for", {}, 1),
        ("state", {"state": "running"}, 1),
        ("state", {"state": "interrupted"}, 0),
        ("site_online", {"site": "st-mary"}, 1),
        ("site_online", {"site": "sakura"}, 0),
        ("site_updates_total", {"site": "sakura", "outcome": "counted"}, 2),
        ("site_updates_total", {"site": "sakura", "outcome": "not_counted"}, 1),
        ("round_seconds", {}, 40),
        ("round_bytes", {"direction": "down"}, 2_000),
        ("bytes_total", {"direction": "down"}, 6_000),
        ("bytes_total", {"direction": "up"}, 3_000),
        ("validation", {"metric": "auroc"}, 0.8),
        ("site_seen_timestamp_seconds", {"site": "st-mary"}, NOW.timestamp() - 2),
    ],
)
def test_each_number_of_a_running_study(
    scraped: dict[Sample, float], name: str, labels: dict[str, str], value: float
) -> None:
    assert scraped[f"glsmed_centre_{name}", tuple(sorted(labels.items()))] == pytest.approx(value)


def test_no_label_names_anything_but_sites_states_and_numbers_of_whole_sites(scraped: dict[Sample, float]) -> None:
    names = {name for _, labels in scraped for name, _ in labels}
    assert names == {"state", "site", "outcome", "direction", "metric"}


@pytest.mark.usefixtures("run")
def test_after_a_crash_the_study_is_interrupted(folder: StudyFolder) -> None:
    found = _scrape(folder)
    assert found["glsmed_centre_state", (("state", "interrupted"),)] == 1
    assert found["glsmed_centre_sites_online", ()] == 0


def test_before_the_first_start_there_are_numbers_too(folder: StudyFolder) -> None:
    found = _scrape(folder)
    assert (found["glsmed_centre_readable", ()], found["glsmed_centre_rounds", ()]) == (1, 50)


@pytest.mark.usefixtures("run")
def test_a_damaged_file_is_a_metric_and_no_error(folder: StudyFolder) -> None:
    (folder.run / "rounds.jsonl").write_text("{\n")
    assert _scrape(folder) == {("glsmed_centre_readable", ()): 0}
