"""Who gets a place at a listener, over real TLS."""

import time

import pytest

from glsmed.server.flower.doors.limits import Limits
from glsmed.server.flower.doors.listener import listening_sockets
from glsmed.shared.errors import FederationError

from .conftest import GET, SERVED, Counting, Listening, everything_from, head, is_ended


def test_an_honest_request_is_served_and_the_connection_stays(listen: Listening) -> None:
    connection = listen(Counting(), Limits()).connect()
    for _ in range(3):
        connection.sendall(GET)
        assert everything_from(connection).endswith(SERVED)


def test_a_greeting_that_does_not_come_is_not_waited_for(listen: Listening) -> None:
    assert is_ended(listen(Counting(), Limits(handshake_seconds=0.3)).connect_plain(), seconds=60)


@pytest.mark.parametrize("limits", [Limits(strangers=5), Limits(strangers_of_address=5), Limits(connections=5)])
@pytest.mark.parametrize("secure", [True, False])
def test_a_newcomer_finds_a_place_among_many_that_say_nothing(listen: Listening, limits: Limits, secure: bool) -> None:
    port = listen(Counting(), limits)
    silent = [port.connect() if secure else port.connect_plain() for _ in range(12)]
    assert port.ask(GET).endswith(SERVED)
    deadline = time.monotonic() + 60
    while len(silent) > 5 and time.monotonic() < deadline:
        silent = [one for one in silent if not is_ended(one, seconds=0.3)]
    assert len(silent) <= 5


def test_sites_keep_their_places(listen: Listening) -> None:
    port = listen(Counting(), Limits(strangers=3, connections=6))
    sites = []
    for number in range(4):
        sites.append(port.connect())
        sites[-1].sendall(head(f"owner: {number}"))
        assert everything_from(sites[-1]).endswith(SERVED)
    for _ in range(8):
        port.connect()
    for number, site in enumerate(sites):
        site.sendall(head(f"owner: {number}"))
        assert everything_from(site).endswith(SERVED)


def test_one_site_cannot_take_every_place(listen: Listening) -> None:
    port = listen(Counting(), Limits(connections_of_site=2))
    answers = [port.ask(head("owner: greedy", "connection: keep-alive")) for _ in range(3)]
    assert [answer.split()[1] for answer in answers] == [b"200", b"200", b"429"]
    assert port.ask(head("owner: modest")).endswith(SERVED)


def test_an_address_that_is_taken_is_one_clear_error() -> None:
    (taken,) = listening_sockets("127.0.0.1", 0)
    with taken, pytest.raises(FederationError, match=r"cannot listen on 127\.0\.0\.1"):
        listening_sockets("127.0.0.1", taken.getsockname()[1])
