"""Bytes and seconds of the line between a site and the centre."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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


def _shortest(port: int, content: bytes, *, below: float) -> float:
    """Seconds of the shortest of a few exchanges; each can only be longer where the machine does other work."""
    seconds = [float("inf")]
    while min(seconds) >= below and len(seconds) < 20:
        started = time.monotonic()
        assert len(_exchange(port, content)) == len(content)
        seconds.append(time.monotonic() - started)
    return min(seconds)


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
        assert _shortest(lines.ports[0], bytes(200_000), below=0.55) == pytest.approx(0.4, abs=0.15)


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
        assert _shortest(lines.ports[0], b"x", below=0.55) == pytest.approx(0.4, abs=0.15)


@pytest.mark.parametrize("speed", [None, LineSpeed(megabits_per_second=1.0, delay_seconds=0.05)], ids=["fast", "slow"])
def test_lines_end_while_a_site_is_connected(speed: LineSpeed | None, capfd: pytest.CaptureFixture[str]) -> None:
    with _echoing_centre() as port, Lines(1, target_port=port, speed=speed) as lines:
        site = socket.create_connection(("127.0.0.1", lines.ports[0]))
        site.sendall(bytes(100_000))
        time.sleep(0.2)
    with site:
        site.settimeout(60)
        with suppress(ConnectionResetError):
            assert site.recv(1) == b""
    assert capfd.readouterr().err == ""
