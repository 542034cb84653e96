"""Bytes and seconds of the line between a site and the centre."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from glsmed.benchmarks.rounds_cost.instruments.line import Lines, LineSpeed, Traffic


@contextmanager
def _echoing_centre() -> Iterator[int]:
    """A server that answers every connection with what it was sent, once that has ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    received = b"".join(iter(lambda: connection.recv(2**16), b""))  # noqa: B023  # used at once
                    connection.sendall(received)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _exchange(port: int, content: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as site:
        site.sendall(content)
        site.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: site.recv(2**16), b""))


def test_every_byte_passes_and_is_counted_in_its_direction() -> None:
    content = bytes(range(256)) * 4000
    with _echoing_centre() as port, Lines(2, target_port=port) as lines:
        assert _exchange(lines.ports[0], content) == content
        assert _exchange(lines.ports[1], content[:100]) == content[:100]
        assert lines.traffic() == Traffic(up=len(content) + 100, down=len(content) + 100)


def test_a_site_finds_nobody_when_the_centre_is_gone() -> None:
    with _echoing_centre() as port:
        pass
    with Lines(1, target_port=port) as lines:
        assert _exchange(lines.ports[0], b"") == b""


def test_a_line_takes_as_long_as_its_bandwidth_says() -> None:
    speed = LineSpeed(megabits_per_second=8.0, delay_seconds=0.0)
    assert speed.seconds(1_000_000) == pytest.approx(1.0)
    with _echoing_centre() as port, Lines(1, target_port=port, speed=speed) as lines:
        started = time.monotonic()
        assert len(_exchange(lines.ports[0], bytes(200_000))) == 200_000
        assert time.monotonic() - started == pytest.approx(0.4, abs=0.15)


def test_connections_of_a_site_share_its_line() -> None:
    speed = LineSpeed(megabits_per_second=8.0, delay_seconds=0.0)
    with _echoing_centre() as port, Lines(1, target_port=port, speed=speed) as lines:
        started = time.monotonic()
        threads = [threading.Thread(target=_exchange, args=(lines.ports[0], bytes(150_000))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - started > 0.5  # 300,000 bytes up alone take 0.3 s, and as long down


def test_a_connection_pays_for_its_handshake_and_each_way() -> None:
    speed = LineSpeed(megabits_per_second=1000.0, delay_seconds=0.1)
    with _echoing_centre() as port, Lines(1, target_port=port, speed=speed) as lines:
        started = time.monotonic()
        _exchange(lines.ports[0], b"x")
        assert time.monotonic() - started == pytest.approx(0.4, abs=0.15)
