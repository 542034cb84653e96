"""The short way between SuperNode and resident: the same answers as Flower's application, good and bad."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from flwr.app import ConfigRecord
from flwr.proto.message_pb2 import ObjectTree, PullObjectRequest, PullObjectResponse, PushObjectRequest
from flwr.supercore.constant import TASK_TOKEN_HEADER, TaskType
from flwr.supercore.object_store import ObjectStoreFactory
from flwr.supernode.main import create_app
from flwr.supernode.nodestate import NodeStateFactory
from starlette.types import ASGIApp

from glsmed.client.node.flower.part_routes import with_part_routes

RUN = 5
RECORD = ConfigRecord({"round": 3})
Answer = tuple[int, str, bytes]


@pytest.fixture
def app() -> FastAPI:
    """A SuperNode's application with one task, and one object that waits for it."""
    return create_app(state_factory=NodeStateFactory(ObjectStoreFactory()), superexec_auth_secret=b"secret")


@pytest.fixture
def token(app: FastAPI) -> str:
    """Of the task."""
    state = app.state.runtime_state_factory.state()
    task_id = state.create_task(TaskType.CLIENT_APP, run_id=RUN)
    store = state.object_store
    store.preregister(RUN, ObjectTree(object_id=RECORD.object_id))
    store.put(RECORD.object_id, RECORD.deflate())
    claimed: str = state.claim_task(task_id)
    return claimed


def _ask(app: ASGIApp, path: str, body: bytes, token: str) -> Answer:
    async def ask() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            headers = {"content-type": "application/protobuf", TASK_TOKEN_HEADER: token}
            answer = await client.post(f"/v1/runtime/{path}", content=body, headers=headers)
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

    return asyncio.run(ask())


def _both(app: FastAPI, path: str, body: bytes, token: str) -> tuple[Answer, Answer]:
    return _ask(app, path, body, token), _ask(with_part_routes(app), path, body, token)


def test_what_is_pulled_is_what_flower_gives(app: FastAPI, token: str) -> None:
    body = PullObjectRequest(run_id=RUN, object_id=RECORD.object_id).SerializeToString()
    upstream, ours = _both(app, "pull-object", body, token)
    assert ours == upstream
    assert PullObjectResponse.FromString(ours[2]).object_content == RECORD.deflate()


@pytest.mark.parametrize("path", ["pull-object", "push-object"])
@pytest.mark.parametrize("wrong", ["token", "body"])
def test_what_is_refused_is_refused_as_flower_does(app: FastAPI, token: str, path: str, wrong: str) -> None:
    kind = PullObjectRequest if path == "pull-object" else PushObjectRequest
    body = b"\xff\xff" if wrong == "body" else kind(run_id=RUN, object_id="0" * 64).SerializeToString()
    upstream, ours = _both(app, path, body, "guessed" if wrong == "token" else token)
    assert ours == upstream
    assert ours[0] >= 400
