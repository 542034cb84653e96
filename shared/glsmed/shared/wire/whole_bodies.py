"""Requests handed to a web application in one piece.

A part of a model arrives in about eighty pieces, and each layer of Flower's applications handles each of them.
"""

from starlette.types import Message, Receive


async def whole_body(receive: Receive) -> bytes | None:
    """The request's body, or None if the client went away."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def replay(body: bytes, then: Receive) -> Receive:
    """What gives the body in one piece, and after it what ``then`` gives: that the client has gone away."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else await then()

    return receive
