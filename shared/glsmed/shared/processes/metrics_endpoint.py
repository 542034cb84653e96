"""Prometheus metrics of a process, on the loopback interface only."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

from glsmed.shared.errors import FederationError

_LOOPBACK = "127.0.0.1"


@contextmanager
def metrics_endpoint(collector: Collector, *, port: int | None, key: str) -> Iterator[None]:
    """Serve what the collector has at ``http://127.0.0.1:port/metrics`` while the block runs.

    A thread of its own answers, so nobody who scrapes can hold up the process.

    Args:
        collector: is asked at each scrape.
        port: None serves nothing.
        key: the setting that names the port, for the message.

    Raises:
        FederationError: another program listens there.
    """
    if port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, addr=_LOOPBACK, registry=registry)
    except OSError as error:
        raise FederationError(
            f"cannot serve metrics on {_LOOPBACK}:{port}: {error.strerror}: choose another {key}"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
