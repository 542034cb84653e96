"""A short way to the few routes that carry the parts of models.

Flower's applications lead each request through up to ten layers, most of which start a task and two queues for it.
For a part of a model that costs more than the part itself. Here such a request is answered in one worker thread by
Flower's own functions; whatever is not answered well goes through the application, which says what is wrong.
"""

import asyncio
from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from glsmed.shared.wire.whole_bodies import replay, whole_body

Answer = Callable[[Request, bytes], bytes]


class DirectRoutes:
    """An ASGI application in front of another.

    Args:
        app: Flower's application.
        routes: by path, what gives the answer to a request with this body.
        media_type: of requests that are answered, and of answers.
    """

    def __init__(self, app: Starlette, routes: Mapping[str, Answer], *, media_type: str) -> None:
        self._app = app
        self._routes = routes
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = self._routes.get(scope.get("path", ""))
        if answer is None or not self._is_plain(scope):
            await self._app(scope, receive, send)
            return
        body = await whole_body(receive)
        if body is None:
            return
        content = await asyncio.to_thread(self._ask, answer, scope, body)
        if content is None:
            await self._app(scope, replay(body, receive), send)
        else:
            await Response(content, media_type=self._media_type)(scope, receive, send)

    def _is_plain(self, scope: Scope) -> bool:
        content_type = dict(scope.get("headers", ())).get(b"content-type")
        return scope.get("method") == "POST" and content_type == self._media_type.encode()

    def _ask(self, answer: Answer, scope: Scope, body: bytes) -> bytes | None:
        try:
            return answer(Request({**scope, "app": self._app, "state": {}}), body)
        except Exception:  # the application meets the same fault, logs it and answers for it
            return None
