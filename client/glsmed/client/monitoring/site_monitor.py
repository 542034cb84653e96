"""Follows the resident process for the hospital's console and metrics, and keeps the process logs small."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from glsmed.client.monitoring.console_lines import console_line
from glsmed.client.monitoring.site_events import EventReader
from glsmed.client.monitoring.site_metrics import SiteMetrics
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.processes.log_files import LogKeeper
from glsmed.shared.processes.metrics_endpoint import metrics_endpoint


class SiteMonitor:
    """Looks on; ``tell`` gets one line for each round, for each failure, and for the study's end."""

    def __init__(self, config: SiteConfig, *, tell: Tell) -> None:
        self._tell = tell
        self._events = EventReader(config.state.events)
        self._metrics = SiteMetrics()
        self._port = config.metrics_port
        self._logs = LogKeeper(config.state.logs, tell=tell)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Serve the metrics while the block runs, and begin with no events.

        Raises:
            FederationError: the port of the metrics is taken.
        """
        self._events.begin()
        with metrics_endpoint(self._metrics, port=self._port, key="metrics_port"):
            yield self

    def look(self) -> None:
        """Tell and count what is new; to be called often."""
        for event in self._events.new():
            self._metrics.take(event)
            line = console_line(event)
            if line:
                self._tell(line)
        self._logs.look()
