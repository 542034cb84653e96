"""The loopback interface and its token."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.doors.own_processes import TOKEN_HEADER, OwnProcessesOnly, own_token
from glsmed.server.flower.settings import LinkSettings

HERE = Path()
SETTINGS = LinkSettings("127.0.0.1", 1, 2, HERE, HERE, HERE, HERE / "link.db", HERE)


def _token(folder: Path, secret: str) -> str:
    (folder / "secret").write_text(secret)
    return own_token(replace(SETTINGS, superexec_secret=folder / "secret"))


async def _anything(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("served")(scope, receive, send)


def _status(path: str, headers: Mapping[str, str], *, method: str = "POST") -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app=OwnProcessesOnly(_anything, "right"))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return (await client.request(method, path, headers=dict(headers))).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("headers", "status"),
    [({TOKEN_HEADER: "right"}, 200), ({TOKEN_HEADER: "wrong"}, 401), ({TOKEN_HEADER: ""}, 401), ({}, 401)],
)
@pytest.mark.parametrize(
    "path", ["/v1/control/start-run", "/v1/runtime/acquire-task", "/v1/fleet/pull-messages", "/docs"]
)
def test_only_the_token_opens_a_route(path: str, headers: Mapping[str, str], status: int) -> None:
    assert _status(path, headers) == status


def test_everybody_may_ask_whether_it_is_well_and_say_nothing() -> None:
    assert _status("/health", {}, method="GET") == 200
    assert _status("/health", {}, method="POST") == 401


def test_the_token_is_new_with_each_secret_and_does_not_tell_it(tmp_path: Path) -> None:
    first, again, second = (_token(tmp_path, secret) for secret in ("one", "one", "two"))
    assert first == again != second
    assert "one" not in first
