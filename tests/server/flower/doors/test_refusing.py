"""What is read of a request that is refused."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from glsmed.server.flower.doors import refusing
from glsmed.server.flower.doors.refusing import refuse


def _refuse(length: bytes, coming: list[Message]) -> tuple[list[Message], int]:
    """What was sent, and how many pieces were read."""
    sent: list[Message] = []
    unread = list(coming)

    async def receive() -> Message:
        return unread.pop(0) if unread else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", length)]}
    asyncio.run(refuse(PlainTextResponse("no", status_code=401), scope, receive, send))
    return sent, len(coming) - len(unread)


PIECE = {"type": "http.request", "body": b"x" * 1000, "more_body": True}
LAST = {"type": "http.request", "body": b"x", "more_body": False}


@pytest.mark.parametrize(("length", "read"), [(b"2001", 3), (b"70000", 0), (b"many", 0), (b"33554432", 0)])
def test_a_small_body_is_read_to_its_end_and_a_large_one_not_at_all(length: bytes, read: int) -> None:
    sent, pieces = _refuse(length, [PIECE, PIECE, LAST])
    assert pieces == read
    assert sent[0]["status"] == 401
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_small_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusing, "_WORDS_SECONDS", 0.2)
    sent, _ = _refuse(b"2001", [PIECE])  # the rest never comes
    assert sent[0]["status"] == 401
