import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from glsmed.client.monitoring.site_events import Ended, Failed, Sent, SiteEvent, Trained
from glsmed.client.monitoring.site_metrics import SiteMetrics
from glsmed.shared.processes.children import free_port
from glsmed.shared.processes.metrics_endpoint import metrics_endpoint

PREFIX = "glsmed_site_"
FIRST = Trained(round=1, rounds=50, steps=100, images=3200, seconds=40.0, loss=0.5, sent_bytes=10)
SECOND = Trained(
    round=2, rounds=50, steps=100, images=3200, seconds=32.0, loss=0.4, sent_bytes=10, epsilon=1.5, gpu_bytes=2**30
)


def _scrape(*events: SiteEvent) -> dict[str, float]:
    """Over HTTP, and read by the parser of the Prometheus library; labels after the name."""
    metrics, port = SiteMetrics(), free_port()
    for event in events:
        metrics.take(event)
    with metrics_endpoint(metrics, port=port, key="metrics_port"):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).raise_for_status().text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return {
        " ".join([one.name.removeprefix("glsmed_site_"), *sorted(one.labels.values())]): one.value for one in samples
    }


def test_a_site_that_has_trained() -> None:
    assert _scrape(FIRST, Sent("train", 10), SECOND, Sent("train", 10), Sent("query", 3)) == {
        "rounds_trained_total": 2,
        "egress_bytes_total train": 20,
        "egress_bytes_total query": 3,
        "round": 2,
        "rounds": 50,
        "loss": 0.4,
        "round_seconds": 32,
        "images_per_second": 100,
        "epsilon": 1.5,
        "gpu_memory_used_bytes": 2**30,
    }


@pytest.mark.parametrize("missing", ["epsilon", "gpu_memory_used_bytes"])
def test_without_privacy_or_a_gpu_there_is_no_such_metric(missing: str) -> None:
    assert missing not in _scrape(FIRST)


def test_failures_are_counted_by_their_code() -> None:
    found = _scrape(Failed("train", "1", "DataError"), Failed("train", "1", "DataError"), Ended("shipped"))
    assert found["failures_total DataError train"] == 2


def test_before_the_first_round_there_is_nothing_to_say_of_one() -> None:
    assert _scrape() == {"rounds_trained_total": 0}
