"""The parts of models on their short way between SuperNode and resident: Flower's own checks, without its layers."""

from fastapi import FastAPI
from flwr.proto.message_pb2 import PullObjectRequest, PushObjectRequest
from flwr.supercore.constant import TASK_TOKEN_HEADER
from flwr.supercore.dependencies.runtime import get_runtime_handlers, get_runtime_state
from flwr.supercore.dependencies.task import authenticate_task
from flwr.supercore.protobuf.constants import PROTOBUF_MEDIA_TYPE
from starlette.requests import Request

from glsmed.shared.wire.direct_routes import DirectRoutes


def with_part_routes(app: FastAPI) -> DirectRoutes:
    """Flower's application, with a short way for the parts of models to and from the resident process."""
    return DirectRoutes(
        app,
        {"/v1/runtime/push-object": _take, "/v1/runtime/pull-object": _give},
        media_type=PROTOBUF_MEDIA_TYPE,
    )


def _take(request: Request, body: bytes) -> bytes:
    asked, state = PushObjectRequest.FromString(body), get_runtime_state(request)
    task = authenticate_task(request, request.headers.get(TASK_TOKEN_HEADER), state)
    return bytes(get_runtime_handlers(request).push_object(asked, state, task).SerializeToString())


def _give(request: Request, body: bytes) -> bytes:
    asked, state = PullObjectRequest.FromString(body), get_runtime_state(request)
    task = authenticate_task(request, request.headers.get(TASK_TOKEN_HEADER), state)
    return bytes(get_runtime_handlers(request).pull_object(asked, state, task).SerializeToString())
