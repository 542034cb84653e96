"""The parts of models on their short way through the SuperLink: Flower's own checks, without its layers."""

from fastapi import FastAPI
from flwr.proto.message_pb2 import PullObjectRequest, PushObjectRequest
from flwr.supercore.protobuf.constants import PROTOBUF_MEDIA_TYPE
from flwr.superlink.dependencies.linkstate import get_linkstate
from flwr.superlink.routers.fleet.node_auth import authenticate_node
from flwr.superlink.servicer.fleet import fleet_handlers
from starlette.requests import Request

from glsmed.server.flower.doors.node_keys import NODE
from glsmed.shared.wire.direct_routes import DirectRoutes


def with_part_routes(app: FastAPI) -> DirectRoutes:
    """Flower's application, with a short way for the parts of models between it and the sites."""
    return DirectRoutes(
        app,
        {"/v1/fleet/push-object": _take, "/v1/fleet/pull-object": _give},
        media_type=PROTOBUF_MEDIA_TYPE,
    )


def _take(request: Request, body: bytes) -> bytes:
    asked = request.state.protobuf_request = PushObjectRequest.FromString(body)
    _require_signer(request, asked.node.node_id)
    return bytes(fleet_handlers.push_object(request=asked, state=get_linkstate(request)).SerializeToString())


def _give(request: Request, body: bytes) -> bytes:
    asked = request.state.protobuf_request = PullObjectRequest.FromString(body)
    _require_signer(request, asked.node.node_id)
    return bytes(fleet_handlers.pull_object(request=asked, state=get_linkstate(request)).SerializeToString())


def _require_signer(request: Request, node: int) -> None:
    """Raise unless the node that the body names has signed the request; at the public door that is known already."""
    if request.scope.get(NODE) != node:
        authenticate_node(request)
