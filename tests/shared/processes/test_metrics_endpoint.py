import socket
from collections.abc import Iterable

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import free_port
from glsmed.shared.processes.metrics_endpoint import metrics_endpoint


class Counting(Collector):
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def collect(self) -> Iterable[Metric]:
        self.asked += 1
        yield GaugeMetricFamily("asked", "how often", value=self.asked)


def _scrape(port: int) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_each_scrape_asks_again_and_the_port_is_free_afterwards() -> None:
    port = free_port()
    with metrics_endpoint(Counting(), port=port, key="metrics_port"):
        first, second = _scrape(port)["asked"], _scrape(port)["asked"]
    assert second == first + 1
    with pytest.raises(httpx.ConnectError):
        _scrape(port)


def test_nothing_but_the_metrics_that_were_asked_for_is_served() -> None:
    port = free_port()
    with metrics_endpoint(Counting(), port=port, key="metrics_port"):
        assert set(_scrape(port)) == {"asked"}


def test_it_cannot_be_reached_from_another_machine() -> None:
    port = free_port()
    with metrics_endpoint(Counting(), port=port, key="metrics_port"), socket.socket() as other:
        other.bind(("127.0.0.2", port))  # would fail if the endpoint listened on every address


def test_without_a_port_nobody_listens() -> None:
    collector = Counting()
    with metrics_endpoint(collector, port=None, key="metrics_port"):
        assert collector.asked == 0


def test_a_port_in_use_is_named_with_its_key() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        expected = rf"127\.0\.0\.1:{port}: Address already in use: choose another centre\.metrics_port"
        with (
            pytest.raises(FederationError, match=expected),
            metrics_endpoint(Counting(), port=port, key="centre.metrics_port"),
        ):
            pass
