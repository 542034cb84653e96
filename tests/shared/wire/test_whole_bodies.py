"""Bodies of requests in one piece."""

import asyncio

from starlette.types import Message, Receive

from glsmed.shared.wire.whole_bodies import replay, whole_body


def _giving(*messages: Message) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0)

    return receive


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_pieces_are_joined_in_their_order() -> None:
    given = _giving(_piece(b"ab", more=True), _piece(b"", more=True), _piece(b"c", more=False))
    assert asyncio.run(whole_body(given)) == b"abc"


def test_a_client_that_goes_away_has_sent_nothing() -> None:
    assert asyncio.run(whole_body(_giving(_piece(b"ab", more=True), {"type": "http.disconnect"}))) is None


def test_a_replayed_body_comes_once_and_then_what_follows() -> None:
    async def run() -> list[Message]:
        receive = replay(b"abc", _giving({"type": "http.disconnect"}))
        return [await receive(), await receive()]

    assert asyncio.run(run()) == [_piece(b"abc", more=False), {"type": "http.disconnect"}]
