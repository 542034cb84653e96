"""The short way of the parts of models: the same answers as Flower's application, good and bad."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.common.constant import TIMESTAMP_HEADER
from flwr.proto.message_pb2 import PullObjectRequest, PushObjectRequest
from flwr.proto.node_pb2 import Node
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER
from flwr.supercore.date import now
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.primitives.asymmetric import public_key_to_bytes, sign_message
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.server.flower.doors.node_keys import NODE
from glsmed.server.flower.part_routes import with_part_routes
from glsmed.server.flower.store_grid import StoreGrid

from .conftest import Link, Site

Answer = tuple[int, str, bytes]
PROTOBUF = {"content-type": "application/protobuf"}


def _signed(site: Site, *, key: ec.EllipticCurvePrivateKey | None = None) -> dict[str, str]:
    timestamp = now().isoformat()
    signature = sign_message(key or site.key, timestamp.encode("ascii"))
    return {
        **PROTOBUF,
        FLEET_HTTP_PUBLIC_KEY_HEADER: b64encode(public_key_to_bytes(site.key.public_key())).decode("ascii"),
        FLEET_HTTP_SIGNATURE_HEADER: b64encode(signature).decode("ascii"),
        TIMESTAMP_HEADER: timestamp,
    }


def _ask(app: ASGIApp, path: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Answer:
    async def ask() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            answer = await client.request(method, f"/v1/fleet/{path}", content=body, headers=dict(headers))
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

    return asyncio.run(ask())


@pytest.fixture
def message(grid: StoreGrid, sites: tuple[Site, Site]) -> Message:
    """A message that waits for the first of the sites."""
    sent = Message(RecordDict({"head": ConfigRecord({"round": 3})}), sites[0].node.node_id, "train", ttl=60.0)
    grid.push_messages([sent])
    return sent


def _pull(message: Message, node: Node, object_id: str | None = None) -> bytes:
    wanted = object_id or message.content.object_id
    return bytes(PullObjectRequest(node=node, run_id=message.metadata.run_id, object_id=wanted).SerializeToString())


class _Watched:
    """Flower's application, and how often it was entered."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.state, self.entered = app, app.state, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered += 1
        await self.app(scope, receive, send)


def test_what_is_pulled_comes_the_short_way_and_is_what_flower_gives(
    link: Link, sites: tuple[Site, Site], message: Message
) -> None:
    headers, body, watched = _signed(sites[0]), _pull(message, sites[0].node), _Watched(link.app)
    expected = _ask(link.app, "pull-object", body, headers)
    assert expected[0] == 200
    assert get_all_nested_objects(message)[message.content.object_id].deflate() in expected[2]
    assert _ask(with_part_routes(watched), "pull-object", body, headers) == expected  # type: ignore[arg-type]
    assert watched.entered == 0


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("another key's signature", 401),
        ("no headers", 401),
        ("another site's name", 401),
        ("garbage", 400),
        ("another content type", 415),
        ("an object that nobody knows", 200),
        ("a run that nobody knows", 500),
    ],
)
def test_what_is_refused_is_refused_as_flower_does(
    link: Link, sites: tuple[Site, Site], message: Message, case: str, status: int
) -> None:
    site, body, headers = sites[0], _pull(message, sites[0].node), _signed(sites[0])
    if case == "another key's signature":
        headers = _signed(site, key=sites[1].key)
    elif case == "no headers":
        headers = PROTOBUF
    elif case == "another site's name":
        body = _pull(message, sites[1].node)
    elif case == "garbage":
        body = b"\xff\xff\xff"
    elif case == "another content type":
        headers = {**headers, "content-type": "application/json"}
    elif case == "an object that nobody knows":
        body = _pull(message, site.node, "0" * 64)
    else:
        body = PullObjectRequest(node=site.node, run_id=1, object_id="0" * 64).SerializeToString()
    expected = _ask(link.app, "pull-object", body, headers)
    assert expected[0] == status
    assert _ask(with_part_routes(link.app), "pull-object", body, headers) == expected


def test_a_part_that_nobody_announced_is_not_kept(link: Link, sites: tuple[Site, Site], message: Message) -> None:
    site = sites[0]
    body = PushObjectRequest(
        node=site.node, run_id=message.metadata.run_id, object_id="0" * 64, object_content=b"x", session_id="none"
    ).SerializeToString()
    expected = _ask(link.app, "push-object", body, _signed(site))
    assert _ask(with_part_routes(link.app), "push-object", body, _signed(site)) == expected


def test_a_signer_who_is_known_from_the_door_may_not_name_another(
    link: Link, sites: tuple[Site, Site], message: Message
) -> None:
    served = with_part_routes(link.app)
    statuses = []
    for node in (sites[0].node.node_id, sites[1].node.node_id, None):

        async def through_the_door(scope: Scope, receive: Receive, send: Send, node: int | None = node) -> None:
            await served(scope if node is None else {**scope, NODE: node}, receive, send)

        statuses.append(_ask(through_the_door, "pull-object", _pull(message, sites[0].node), PROTOBUF)[0])
    assert statuses == [200, 401, 401]
