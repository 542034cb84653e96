"""One connection: how large its headers may be, and how long it may say nothing; over real TLS."""

import asyncio
import time
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.doors.limits import Limits

from .conftest import GET, SERVED, Counting, Listening, everything_from, head, is_ended


@pytest.mark.parametrize(
    ("request_", "is_served"),
    [
        (head(*(f"x-{number}: 1" for number in range(50))), True),
        (head(*(f"x-{number}: 1" for number in range(100))), False),
        (head("x: " + "y" * 10_000), True),
        (head("x: " + "y" * 20_000), False),
        (head(path="/" + "p" * 20_000), False),
        (head("x: " + "y" * 2_000_000), False),
        (b"GET /health HTTP/1.1\r\nx: " + b"y" * 40_000, False),  # never ends
        (head(*(f"x-{number}: 1" for number in range(100_000))), False),
    ],
    ids=["50 lines", "100 lines", "10 kB", "20 kB", "long path", "2 MB", "unended", "100,000 lines"],
)
def test_headers_have_an_end(listen: Listening, request_: bytes, is_served: bool) -> None:
    app = Counting()
    came = listen(app, Limits()).ask(request_)
    assert came.endswith(SERVED) is is_served
    assert bool(app.bodies) is is_served
    assert is_served or not came or came.startswith(b"HTTP/1.1 431 ")


def test_requests_in_advance_of_the_answer_are_refused(listen: Listening) -> None:
    app = Counting()
    came = listen(app, Limits()).ask(GET * 5000)
    assert came.startswith(b"HTTP/1.1 400 ")
    assert len(app.bodies) <= 2


async def _slow_to_end(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends the whole answer, and says only later that it was the whole, as Flower's layers do."""
    headers = [(b"content-length", str(len(SERVED)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": SERVED, "more_body": True})
    await asyncio.sleep(0.3)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def test_the_next_request_may_come_as_soon_as_the_answer_is_there(listen: Listening) -> None:
    connection = listen(_slow_to_end, Limits()).connect()
    for _ in range(3):
        connection.sendall(GET)
        assert everything_from(connection, seconds=60).endswith(SERVED)


@pytest.mark.parametrize("begun", [b"", b"GET /hea", b"GET /health HTTP/1.1\r\nhost: c\r\n"])
def test_headers_that_do_not_come_are_not_waited_for(listen: Listening, begun: bytes) -> None:
    connection = listen(Counting(), Limits(head_seconds=0.3)).connect()
    connection.sendall(begun)
    assert is_ended(connection, seconds=60)


def test_headers_that_trickle_are_not_waited_for(listen: Listening) -> None:
    connection = listen(Counting(), Limits(head_seconds=3)).connect()
    sent = 0
    with suppress(OSError):  # reset, or a broken pipe
        while sent < 600:
            connection.sendall(b"x")
            time.sleep(0.1)
            sent += 1
    assert 2 <= sent < 600


def test_a_body_that_does_not_come_is_not_waited_for(listen: Listening) -> None:
    connection = listen(Counting(), Limits(silent_seconds=0.3)).connect()
    connection.sendall(b"POST /x HTTP/1.1\r\nhost: c\r\ncontent-length: 10\r\nowner: st-mary\r\n\r\n12345")
    assert is_ended(connection, seconds=60)


def test_a_body_that_comes_slowly_is_waited_for(listen: Listening) -> None:
    app = Counting()
    connection = listen(app, Limits(silent_seconds=5, head_seconds=5)).connect()
    connection.sendall(b"POST /x HTTP/1.1\r\nhost: c\r\ncontent-length: 8\r\nowner: st-mary\r\n\r\n")
    for _ in range(8):
        time.sleep(0.8)
        connection.sendall(b"1")
    assert everything_from(connection).endswith(SERVED)
    assert app.bodies == [8]


def test_a_stranger_stays_for_a_time_and_a_site_as_long_as_it_likes(listen: Listening) -> None:
    port = listen(Counting(), Limits(stranger_seconds=5))
    stranger, site = port.connect(), port.connect()
    site.sendall(head("owner: st-mary"))
    assert everything_from(site).endswith(SERVED)
    stranger.sendall(GET)
    assert everything_from(stranger).endswith(SERVED)
    assert is_ended(stranger, seconds=60)
    site.sendall(head("owner: st-mary"))
    assert everything_from(site).endswith(SERVED)
