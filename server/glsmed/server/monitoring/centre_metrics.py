"""Prometheus metrics of a study, read from its folder at each scrape.

All numbers are of whole sites, and the centre has them because a site's policy let them leave.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import get_args

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from glsmed.server.folders.run_folder import RoundRecord, read_rounds
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.study_status import ShownState, SiteStatus, StudyStatus, study_status
from glsmed.shared.errors import GlsmedError

_STATES = tuple(name for part in get_args(ShownState) for name in get_args(part))


class CentreMetrics(Collector):
    """What ``centre.metrics_port`` serves; a study folder that cannot be read is a metric too, not an error."""

    def __init__(self, folder: StudyFolder, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Every metric of the study as of now."""
        try:
            families = list(_families(study_status(self._folder, now=self._now()), read_rounds(self._folder.run)))
        except (GlsmedError, OSError):
            families = []
        yield _gauge("readable", "1 if the run's files could be read for this scrape", float(bool(families)))
        yield from families


def _families(status: StudyStatus, records: Iterable[RoundRecord]) -> Iterator[Metric]:
    yield _by("state", "1 for the state that the study is in", "state", {s: float(s == status.state) for s in _STATES})
    yield _gauge("round", "round in progress", status.round)
    yield _gauge("rounds", "rounds of the study", status.rounds)
    yield _gauge("rounds_done", "rounds that counted", status.rounds_done)
    yield _gauge("quorum", "sites whose updates a round needs", status.quorum)
    yield _gauge("sites_online", "sites seen within a minute", sum(one.online for one in status.sites.values()))
    yield _gauge("sites_waited_for", "sites asked that have not replied", len(status.waiting_for))
    if status.written_at:
        yield _gauge("written_timestamp_seconds", "when the state was written", _seconds(status.written_at))
    yield from _of_sites(status.sites)
    yield from _of_rounds(list(records))
    yield _by("validation", "mean over sites and findings, last validated round", "metric", status.validation)


def _of_sites(sites: Mapping[str, SiteStatus]) -> Iterator[Metric]:
    yield _by("site_online", "1 if seen within a minute", "site", {n: float(one.online) for n, one in sites.items()})
    seen = {name: _seconds(one.last_seen) for name, one in sites.items() if one.last_seen}
    yield _by("site_seen_timestamp_seconds", "when the site was seen last", "site", seen)
    outcomes = CounterMetricFamily(
        "glsmed_centre_site_updates", "requests to train, by what came of them", labels=("site", "outcome")
    )
    for name, one in sites.items():
        outcomes.add_metric((name, "counted"), one.counted)
        outcomes.add_metric((name, "not_counted"), one.not_counted)
    yield outcomes


def _of_rounds(records: list[RoundRecord]) -> Iterator[Metric]:
    if records:
        last = records[-1]
        yield _gauge("round_seconds", "seconds of the last attempt at a round", last.seconds)
        traffic = {"down": float(last.bytes_down), "up": float(last.bytes_up)}
        yield _by("round_bytes", "bytes of the last attempt at a round", "direction", traffic)
    total = CounterMetricFamily("glsmed_centre_bytes", "bytes of all attempts at rounds", labels=("direction",))
    total.add_metric(("down",), sum(record.bytes_down for record in records))
    total.add_metric(("up",), sum(record.bytes_up for record in records))
    yield total


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"glsmed_centre_{name}", meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"glsmed_centre_{name}", meaning, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
