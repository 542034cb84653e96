"""Prometheus metrics of a site: sums over whole rounds, and what has left; nothing of a patient or a finding."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from glsmed.client.monitoring.site_events import Failed, Sent, SiteEvent, Trained


class SiteMetrics(Collector):
    """What ``metrics_port`` of config.yaml serves; counters begin at 0 when ``glsmed-client`` starts."""

    def __init__(self) -> None:
        self._trained = 0
        self._last: Trained | None = None
        self._sent: Counter[str] = Counter()
        self._failed: Counter[tuple[str, str]] = Counter()

    def take(self, event: SiteEvent) -> None:
        """Count an event."""
        match event:
            case Trained():
                self._trained += 1
                self._last = event
            case Sent():
                self._sent[event.task] += event.bytes
            case Failed():
                self._failed[event.task, event.code] += 1

    def collect(self) -> Iterator[Metric]:
        """Every metric as of now."""
        yield CounterMetricFamily("glsmed_site_rounds_trained", "rounds trained", value=self._trained)
        egress = CounterMetricFamily("glsmed_site_egress_bytes", "bytes released to the centre", labels=("task",))
        for task, count in list(self._sent.items()):
            egress.add_metric((task,), count)
        yield egress
        failures = CounterMetricFamily("glsmed_site_failures", "requests that failed", labels=("task", "code"))
        for labels, count in list(self._failed.items()):
            failures.add_metric(labels, count)
        yield failures
        if self._last is not None:
            yield from _of_round(self._last)


def _of_round(last: Trained) -> Iterator[Metric]:
    yield _gauge("round", "round trained last", last.round)
    yield _gauge("rounds", "rounds of the study", last.rounds)
    yield _gauge("loss", "mean training loss of the last round", last.loss)
    yield _gauge("round_seconds", "seconds of training in the last round", last.seconds)
    if last.seconds > 0:
        yield _gauge("images_per_second", "images per second of training in the last round", last.images / last.seconds)
    if last.epsilon is not None:
        yield _gauge("epsilon", "privacy spent in the study", last.epsilon)
    if last.gpu_bytes is not None:
        yield _gauge("gpu_memory_used_bytes", "memory in use on the GPU after the last round", last.gpu_bytes)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"glsmed_site_{name}", meaning, value=value)
