"""Answers to whoever may not be served: a word, and the end of the connection; nothing of the body is kept."""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_CLOSING = {"connection": "close"}
_WORDS_BYTES = 64 * 2**10
_WORDS_SECONDS = 2.0


async def refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the response, then close the connection.

    A small body is read first and dropped: to close while it still arrives resets the connection, and a hospital whose
    key is not admitted would not read why.
    """
    with suppress(TimeoutError):
        await asyncio.wait_for(_drop_words(scope, receive), _WORDS_SECONDS)
    response.headers.update(_CLOSING)
    await response(scope, receive, send)


async def _drop_words(scope: Scope, receive: Receive) -> None:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length) > _WORDS_BYTES:
        return
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass
