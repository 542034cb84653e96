"""A site pushes only as itself, to the centre, in reply to what it was asked.

Flower carries messages between any two nodes of a federation, and takes the sender that a message names for the true
one: an admitted site could ask another in the centre's name.
"""

from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.proto.fleet_pb2 import PushMessagesRequest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glsmed.server.flower.doors.node_keys import FLEET, NODE
from glsmed.shared.wire.whole_bodies import replay, whole_body

_PUSH = FLEET + "push-messages"


class OwnAnswersOnly:
    """An ASGI application that refuses a site's message unless it is its own answer to the centre.

    Args:
        app: serves what is not refused; a request that did not come through the sites' door as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != _PUSH or NODE not in scope:
            await self._app(scope, receive, send)
            return
        body = await whole_body(receive)
        if body is None:
            return
        if is_own_answer(body, scope[NODE]):
            await self._app(scope, replay(body, receive), send)
        else:
            response = PlainTextResponse("a site sends its own answers to the centre, nothing else\n", status_code=403)
            await response(scope, _nothing_more, send)


def is_own_answer(body: bytes, node: int) -> bool:
    """Whether a request to push holds one message: from this node, to the centre, in reply to another."""
    try:
        request = PushMessagesRequest.FromString(body)
    except Exception:  # what is no protobuf is no answer; protobuf's own error is no dependency of ours
        return False
    if request.node.node_id != node or len(request.messages_list) != 1:
        return False
    metadata = request.messages_list[0].metadata
    is_from_to = (metadata.src_node_id, metadata.dst_node_id) == (node, SUPERLINK_NODE_ID)
    return is_from_to and bool(metadata.reply_to_message_id)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
