"""The site's own end of the SuperNode's protocol, against a stand-in for the SuperNode."""

import errno
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from flwr.app import ConfigRecord, Context, Error, Message, RecordDict
from flwr.app.message import remove_content_from_message
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.common.serde import context_to_proto, message_to_proto
from flwr.proto.fab_pb2 import Fab
from flwr.proto.message_pb2 import (
    ConfirmMessageReceivedResponse,
    PullObjectRequest,
    PullObjectResponse,
    PushObjectRequest,
    PushObjectResponse,
)
from flwr.proto.run_pb2 import Run
from flwr.proto.runtime_pb2 import (
    AcquireTaskResponse,
    PullAppMessagesResponse,
    PullTaskInputResponse,
    PushAppMessagesRequest,
    PushAppMessagesResponse,
    PushTaskOutputRequest,
    PushTaskOutputResponse,
    SendTaskHeartbeatResponse,
)
from flwr.proto.task_pb2 import Task
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity

from glsmed.client.node.bell import Bell
from glsmed.client.node.flower import task_queue
from glsmed.client.node.flower.task_queue import Answering, TaskQueue
from glsmed.client.node.node_settings import NodeSettings
from glsmed.shared.errors import BundleRefusedError

RUN, NODE = 5, 17
CONTEXT = Context(RUN, NODE, {}, RecordDict(), {})


class FakeRuntime(RuntimeHttpClient):
    """A SuperNode that hands out one task, to both clients of the queue: the one that asks and the one that answers.

    Attributes:
        message: the one that waits.
        replied: the head of the reply, once there is one.
        objects: the reply's parts.
        outputs: what was said of finished tasks.
        is_away: nobody answers.
        is_lost: the message is no longer there when it is pulled.
        damage: what is put before each of its parts.
        closed: how many clients were closed.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        self.replied: list[PushAppMessagesRequest] = []
        self.objects: list[bytes] = []
        self.outputs: list[PushTaskOutputRequest] = []
        self.is_away = self.is_lost = False
        self.damage = b""
        self.closed = 0

    def _unary_unary(self, *, rpc_method: str, request: Any, **_: object) -> Any:  # as any of flwr's messages
        if self.is_away:
            raise httpx.ConnectError("Connection refused")
        handler = getattr(self, re.sub("([A-Z])", r"_\1", rpc_method.rpartition("/")[2]).lower())
        return handler(request)

    def _acquire_task(self, _: object) -> AcquireTaskResponse:
        if self.outputs:
            return AcquireTaskResponse()
        return AcquireTaskResponse(task=Task(task_id=3), token="of the task")  # noqa: S106  # opens nothing

    def _send_task_heartbeat(self, _: object) -> SendTaskHeartbeatResponse:
        return SendTaskHeartbeatResponse(success=True)

    def _pull_task_input(self, _: object) -> PullTaskInputResponse:
        context = context_to_proto(CONTEXT)
        return PullTaskInputResponse(context=context, run=Run(run_id=RUN), fab=Fab(content=b"bundle"), task_id=3)

    def _pull_messages(self, _: object) -> PullAppMessagesResponse:
        if self.is_lost:
            return PullAppMessagesResponse()
        head = message_to_proto(remove_content_from_message(self.message))
        return PullAppMessagesResponse(messages_list=[head], message_object_trees=[get_object_tree(self.message)])

    def _pull_object(self, request: PullObjectRequest) -> PullObjectResponse:
        content = get_all_nested_objects(self.message)[request.object_id].deflate()
        return PullObjectResponse(object_found=True, object_available=True, object_content=self.damage + content)

    def _confirm_message_received(self, _: object) -> ConfirmMessageReceivedResponse:
        return ConfirmMessageReceivedResponse()

    def _push_messages(self, request: PushAppMessagesRequest) -> PushAppMessagesResponse:
        self.replied.append(request)
        nodes = list(request.message_object_trees)
        for node in nodes:
            nodes.extend(node.children)
        return PushAppMessagesResponse(objects_to_push=[node.object_id for node in nodes])

    def _push_object(self, request: PushObjectRequest) -> PushObjectResponse:
        self.objects.append(request.object_content)
        return PushObjectResponse(stored=True)

    def _push_task_output(self, request: PushTaskOutputRequest) -> PushTaskOutputResponse:
        self.outputs.append(request)
        return PushTaskOutputResponse()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def message() -> Message:
    """A query of the centre to this node."""
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = RUN, SUPERLINK_NODE_ID, 1
    asked = Message(RecordDict(), NODE, "query", ttl=60.0, group_id="1")
    asked.metadata.__dict__["_message_id"] = asked.object_id
    return asked


@pytest.fixture
def runtime(message: Message, monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    """The runtime that every client of :mod:`glsmed.client.node.flower.task_queue` reaches."""
    fake = FakeRuntime(message)
    monkeypatch.setattr(
        "glsmed.client.node.flower.task_queue.RuntimeHttpClient.from_server_address", lambda *_, **__: fake
    )
    return fake


def _settings(folder: Path) -> NodeSettings:
    (folder / "secret").write_text("ab" * 32)
    return NodeSettings(
        centre="centre.example.org:8443",
        ca_certificate=folder / "ca.crt",
        private_key=folder / "site.key",
        site="st-mary",
        runtime_port=9000,
        superexec_secret=folder / "secret",
        node_id_file=folder / "node-id",
        bell=folder / "bell",
    )


class _Gate:
    """Lets errors out by their class, or nothing at all where the audit log cannot be written."""

    def __init__(self, *, full: bool = False) -> None:
        self.errors: list[Exception] = []
        self._full = full

    def __call__(self, error: Exception) -> Error:
        self.errors.append(error)
        if self._full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return Error(code=1, reason=type(error).__name__)


def _accept(_: bytes) -> None:
    """Every bundle."""


def _refuse(_: bytes) -> None:
    raise BundleRefusedError("another release")


def _echo(message: Message, _: Context) -> Message:
    return Message(RecordDict({"said": ConfigRecord({"word": "yes"})}), reply_to=message)


def _fail(_message: Message, _context: Context) -> Message:
    raise ValueError("patient-4711")


def test_the_apps_reply_is_the_reply(message: Message) -> None:
    reply = Answering(_echo, _accept, _Gate()).reply(message, CONTEXT, b"bundle")
    assert reply.content.config_records["said"]["word"] == "yes"


def test_a_refused_bundle_never_reaches_the_app(message: Message) -> None:
    called: list[Message] = []

    def app(asked: Message, _: Context) -> Message:
        called.append(asked)
        return asked

    reply = Answering(app, _refuse, _Gate()).reply(message, CONTEXT, b"another")
    assert called == []
    assert reply.error.reason == "BundleRefusedError"


def test_the_bundle_is_looked_at_as_it_came(message: Message) -> None:
    seen: list[bytes] = []
    Answering(_echo, seen.append, _Gate()).reply(message, CONTEXT, b"bundle")
    assert seen == [b"bundle"]


def test_an_error_goes_out_only_through_the_gate(message: Message) -> None:
    gate = _Gate()
    reply = Answering(_fail, _accept, gate).reply(message, CONTEXT, b"bundle")
    assert [str(error) for error in gate.errors] == ["patient-4711"]
    assert reply.error.reason == "ValueError"
    assert "patient-4711" not in str(reply.error)


def test_where_the_audit_log_is_full_there_is_no_reply(message: Message) -> None:
    with pytest.raises(OSError, match="No space left"):
        Answering(_fail, _accept, _Gate(full=True)).reply(message, CONTEXT, b"bundle")


def test_a_task_is_answered_once_and_then_there_is_none(runtime: FakeRuntime, tmp_path: Path) -> None:
    queue = TaskQueue(_settings(tmp_path))
    assert queue.run_next(_echo, check_bundle=_accept, release_error=_Gate())
    assert not queue.run_next(_echo, check_bundle=_accept, release_error=_Gate())
    (sent,) = runtime.replied
    assert sent.messages_list[0].metadata.reply_to_message_id == runtime.message.metadata.message_id
    assert any(b"yes" in content for content in runtime.objects)
    assert [output.sub_status for output in runtime.outputs] == ["completed"]
    assert runtime.closed == 1  # the client of the task; the queue's own stays open
    queue.close()
    assert runtime.closed == 2


def test_an_error_of_the_app_is_the_reply_to_its_task(runtime: FakeRuntime, tmp_path: Path) -> None:
    assert TaskQueue(_settings(tmp_path)).run_next(_fail, check_bundle=_accept, release_error=_Gate())
    (sent,) = runtime.replied
    assert sent.messages_list[0].error.reason == "ValueError"


def test_nothing_is_sent_where_the_audit_log_cannot_be_written(runtime: FakeRuntime, tmp_path: Path) -> None:
    assert TaskQueue(_settings(tmp_path)).run_next(_fail, check_bundle=_accept, release_error=_Gate(full=True))
    assert (runtime.replied, runtime.outputs, runtime.closed) == ([], [], 1)


def test_a_message_that_was_lost_on_its_way_is_passed_over(runtime: FakeRuntime, tmp_path: Path) -> None:
    runtime.is_lost = True
    assert TaskQueue(_settings(tmp_path)).run_next(_echo, check_bundle=_accept, release_error=_Gate())
    assert runtime.replied == []


def test_a_message_that_flower_did_not_write_is_passed_over(runtime: FakeRuntime, tmp_path: Path) -> None:
    runtime.damage = b"\xe5"
    assert TaskQueue(_settings(tmp_path)).run_next(_echo, check_bundle=_accept, release_error=_Gate())
    assert runtime.replied == []


def test_a_supernode_that_is_not_there_can_be_asked_again(runtime: FakeRuntime, tmp_path: Path) -> None:
    runtime.is_away = True
    with pytest.raises(ConnectionError, match="the SuperNode does not answer: Connection refused"):
        TaskQueue(_settings(tmp_path)).run_next(_echo, check_bundle=_accept, release_error=_Gate())


def test_a_wait_for_tasks_ends_when_the_bell_has_rung_since_the_last_look(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_queue, "_LONGEST_WAIT_SECONDS", 120.0)
    settings = _settings(tmp_path)
    queue = TaskQueue(settings)
    queue.run_next(_echo, check_bundle=_accept, release_error=_Gate())
    Bell(settings.bell).ring()
    start = time.monotonic()
    queue.wait()
    assert time.monotonic() - start < 60
