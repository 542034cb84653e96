import asyncio

import pytest
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.proto.fleet_pb2 import PushMessagesRequest
from flwr.proto.message_pb2 import Message as MessageProto
from flwr.proto.message_pb2 import Metadata
from flwr.proto.node_pb2 import Node
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from glsmed.server.flower.doors.node_keys import NODE
from glsmed.server.flower.doors.own_answers import OwnAnswersOnly, is_own_answer

ME, PEER = 7, 8


def _request(
    *, node: int = ME, source: int = ME, to: int = SUPERLINK_NODE_ID, reply_to: str = "task", messages: int = 1
) -> bytes:
    metadata = Metadata(src_node_id=source, dst_node_id=to, reply_to_message_id=reply_to)
    listed = [MessageProto(metadata=metadata)] * messages
    return bytes(PushMessagesRequest(node=Node(node_id=node), messages_list=listed).SerializeToString())


OTHERS = {
    "as the centre": _request(source=SUPERLINK_NODE_ID, to=PEER, reply_to=""),
    "as a peer": _request(source=PEER),
    "to a peer": _request(to=PEER),
    "in reply to nothing": _request(reply_to=""),
    "for another node": _request(node=PEER),
    "none": _request(messages=0),
    "two": _request(messages=2),
    "no protobuf": b"\xff\xff\xff",
}


def test_a_sites_own_answer_to_the_centre() -> None:
    assert is_own_answer(_request(), ME)


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_anything_else_is_not(body: bytes) -> None:
    assert not is_own_answer(body, ME)


def _status(scope: Scope, body: bytes) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    app = OwnAnswersOnly(PlainTextResponse("served", status_code=200))
    asyncio.run(app({"type": "http", "method": "POST", "headers": [], **scope}, receive, send))
    return int(sent[0]["status"])


PUSH = "/v1/fleet/push-messages"


@pytest.mark.parametrize(
    ("scope", "body", "status"),
    [
        ({"path": PUSH, NODE: ME}, _request(), 200),
        ({"path": PUSH, NODE: ME}, OTHERS["as the centre"], 403),
        ({"path": PUSH, NODE: PEER}, _request(), 403),
        ({"path": "/v1/fleet/pull-messages", NODE: ME}, OTHERS["as the centre"], 200),
        ({"path": PUSH}, OTHERS["as the centre"], 200),  # the centre's own door
    ],
)
def test_at_the_sites_door_alone_and_for_that_route(scope: Scope, body: bytes, status: int) -> None:
    assert _status(scope, body) == status
