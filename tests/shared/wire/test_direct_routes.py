"""The short way in front of an application."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from glsmed.shared.wire.direct_routes import DirectRoutes

TYPE = "application/x-parts"


def _answer(request: Request, body: bytes) -> bytes:
    if body == b"bad":
        raise ValueError("bad")
    return request.headers["who"].encode() + b" sent " + body


def _served(body: bytes, *, path: str = "/part", method: str = "POST", content_type: str = TYPE) -> str:
    async def application(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"application: {(await request.body()).decode()}")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 2):
            yield body[start : start + 2]

    async def ask() -> str:
        app = Starlette(routes=[Route("/{path:path}", application, methods=["GET", "POST"])])
        direct = DirectRoutes(app, {"/part": _answer}, media_type=TYPE)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=direct), base_url="http://centre") as client:
            headers = {"content-type": content_type, "who": "st-mary"}
            answer = await client.request(method, path, content=pieces(), headers=headers)
            return answer.text

    return asyncio.run(ask())


def test_a_route_of_the_short_way_is_answered_there() -> None:
    assert _served(b"a part") == "st-mary sent a part"


def test_what_is_refused_there_goes_through_the_application_whole() -> None:
    assert _served(b"bad") == "application: bad"


@pytest.mark.parametrize("other", [{"path": "/other"}, {"method": "GET"}, {"content_type": "application/json"}])
def test_other_requests_go_through_the_application(other: dict[str, str]) -> None:
    assert _served(b"a part", **other) == "application: a part"
