"""Contract tests: what we change in flwr's SuperNode is where we change it; and the site's own end of its protocol."""

import errno
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Error, Message, RecordDict
from flwr.app.message import remove_content_from_message
from flwr.common.constant import FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE, SUPERLINK_NODE_ID
from flwr.common.serde import context_to_proto, message_to_proto
from flwr.proto.fab_pb2 import Fab
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    ActivateNodeResponse,
    DeactivateNodeResponse,
)
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
from flwr.supercore.inflatable.inflatable_utils import pull_objects
from flwr.supercore.retry import make_simple_http_retry_invoker
from flwr.supercore.run import RunNotRunningException
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.supernode import fleet_http_connection, start_client_internal
from flwr.supernode.fleet_http_client import FleetHttpClient

from glsmed.client.node import flower_node
from glsmed.client.node.flower_node import (
    Answering,
    BoundedFleetClient,
    TaskQueue,
    is_admitted,
    probe_centre,
    supernode_arguments,
)
from glsmed.client.node.node_settings import NodeSettings
from glsmed.server.flower.listeners import FleetOnly
from glsmed.shared.errors import BundleRefusedError, FederationError
from glsmed.shared.protocol.enrolment import generate_private_key

from .stand_ins import Authority, accepting, close_after_hello, public_key, serving, site

SOURCE = inspect.getsource(start_client_internal)


def test_the_supernode_waits_by_sleeping_and_by_nothing_else_of_time() -> None:
    assert set(re.findall(r"time\.(\w+)\(", SOURCE)) == {"sleep"}
    assert re.findall(r"time\.sleep\(([\d.]+)\)", SOURCE) == ["3", "0.5", "0.5"]


def test_the_supernode_pulls_by_name_and_lets_the_end_of_a_run_through() -> None:
    assert start_client_internal.pull_objects is pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert SOURCE.count(" pull_objects(") == 1
    assert not issubclass(RunNotRunningException, Exception)


def test_the_supernode_is_started_isolated_with_key_and_certificate() -> None:
    folder = Path("state")
    arguments = supernode_arguments(
        NodeSettings(
            centre="centre.example.org:8443",
            ca_certificate=Path("ca.crt"),
            private_key=Path("site.key"),
            site="st-mary",
            runtime_port=9000,
            superexec_secret=folder / "secret",
            node_id_file=folder / "node-id",
        )
    )
    assert arguments[arguments.index("--isolation") + 1] == "process"
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--insecure" not in arguments


def test_the_supernodes_client_is_imported_by_name() -> None:
    assert fleet_http_connection.FleetHttpClient is FleetHttpClient  # type: ignore[attr-defined]  # imported there by name
    assert "FleetHttpClient.from_server_address(" in inspect.getsource(fleet_http_connection)


class _Body(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.was_read = False

    def __iter__(self) -> Iterator[bytes]:
        self.was_read = True
        yield self.content


def _client(body: _Body, headers: dict[str, str]) -> BoundedFleetClient:
    client = BoundedFleetClient("http://centre")
    answer = httpx.Response(200, headers={"content-type": "application/x-protobuf", **headers}, stream=body)
    client._client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": str(32 * 2**20 + 1)},
        {"content-length": "-1"},
        {"content-length": "10", "content-encoding": "gzip"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_a_large_answer_of_the_centre_is_not_read(headers: dict[str, str]) -> None:
    body = _Body(b"x")
    with pytest.raises(httpx.TransportError, match="larger than 33554432 bytes, compressed, or has no Content-Length"):
        _client(body, headers).ActivateNode(ActivateNodeRequest())
    assert not body.was_read


def test_an_answer_of_usual_size_is_read() -> None:
    content = ActivateNodeResponse(node_id=7).SerializeToString()
    client = _client(_Body(content), {"content-length": str(len(content))})
    assert client.ActivateNode(ActivateNodeRequest()).node_id == 7


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
        closed: how many clients were closed.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        self.replied: list[PushAppMessagesRequest] = []
        self.objects: list[bytes] = []
        self.outputs: list[PushTaskOutputRequest] = []
        self.is_away = self.is_lost = False
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
        return PullObjectResponse(object_found=True, object_available=True, object_content=content)

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
    """The runtime that every client of :mod:`glsmed.client.node.flower_node` reaches."""
    fake = FakeRuntime(message)
    monkeypatch.setattr("glsmed.client.node.flower_node.RuntimeHttpClient.from_server_address", lambda *_, **__: fake)
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


def test_a_supernode_that_is_not_there_can_be_asked_again(runtime: FakeRuntime, tmp_path: Path) -> None:
    runtime.is_away = True
    with pytest.raises(ConnectionError, match="the SuperNode does not answer: Connection refused"):
        TaskQueue(_settings(tmp_path)).run_next(_echo, check_bundle=_accept, release_error=_Gate())


class _Centre(BoundedFleetClient):
    """What a probe asks of the centre; ``error`` is raised instead of an answer to ActivateNode."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple[str, int]] = []
        self._error = error

    def close(self) -> None:
        """Nothing is open."""

    def _unary_unary(self, *, rpc_method: str, request: Any, **_: object) -> Any:  # as any of flwr's messages
        if rpc_method.endswith("/DeactivateNode"):
            self.calls.append(("deactivate", request.node_id))
            return DeactivateNodeResponse()
        self.calls.append(("activate", 0))
        if self._error is not None:
            raise self._error
        return ActivateNodeResponse(node_id=42)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[_Centre], NodeSettings]:
    """A function that probes such a centre with a fresh key; returns the settings."""

    def run(centre: _Centre) -> NodeSettings:
        settings = _settings(tmp_path)
        settings.private_key.write_bytes(generate_private_key())
        settings.private_key.chmod(0o600)
        monkeypatch.setattr("glsmed.client.node.flower_node.read_authority", lambda _: b"")
        monkeypatch.setattr(BoundedFleetClient, "from_server_address", lambda *_, **__: centre)
        probe_centre(settings)
        return settings

    return run


def _status(code: int, body: str = "") -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "https://centre.example.org")
    return httpx.HTTPStatusError("refused", request=request, response=httpx.Response(code, text=body))


def test_a_probe_comes_in_and_leaves_again(probe: Callable[[_Centre], NodeSettings]) -> None:
    centre = _Centre()
    settings = probe(centre)
    assert centre.calls == [("activate", 0), ("deactivate", 42)]
    assert settings.node_id_file.read_text() == "42\n"


@pytest.mark.parametrize(("content", "first"), [("41\n", ("deactivate", 41)), ("damaged", ("activate", 0))])
def test_an_earlier_stay_is_ended_first(
    probe: Callable[[_Centre], NodeSettings], tmp_path: Path, content: str, first: tuple[str, int]
) -> None:
    (tmp_path / "node-id").write_text(content)
    centre = _Centre()
    probe(centre)
    assert centre.calls[0] == first
    assert centre.calls[-2:] == [("activate", 0), ("deactivate", 42)]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (_status(503), "the centre answered 503"),
        (httpx.ConnectError("Connection refused"), "Connection refused"),
        (httpx.ReadTimeout(""), "ReadTimeout"),
    ],
)
def test_what_may_pass_by_itself_is_worth_another_try(
    probe: Callable[[_Centre], NodeSettings], error: Exception, message: str
) -> None:
    with pytest.raises(ConnectionError, match=message):
        probe(_Centre(error))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (_status(401), "does not admit the key of 'st-mary': HTTP 401.*Send request.yaml to the centre"),
        (_status(412, '{"code": 2004, "detail": "no"}'), r"does not admit the key of 'st-mary': \[code 2004\] no"),
        (_status(400, '{"code": 7, "detail": "wrong release"}'), r"refused: \[code 7\] wrong release"),
        (_status(418), "answered HTTP 418, which is not the centre's own answer"),
    ],
)
def test_what_stays_as_it_is_says_what_to_do(
    probe: Callable[[_Centre], NodeSettings], error: Exception, message: str
) -> None:
    with pytest.raises(FederationError, match=message):
        probe(_Centre(error))


def test_whether_a_key_is_admitted_is_asked_of_flower_without_any_effect(
    superlink: Any, authority: Authority, tmp_path: Path
) -> None:
    state = superlink.state.linkstate_factory.state()
    with serving(superlink, authority.issue("127.0.0.1")) as port:
        settings = site(tmp_path, f"127.0.0.1:{port}", authority.certificate)
        assert not is_admitted(settings)
        node_id = state.create_node("owner", "owner", public_key(settings), 0)
        for status in ("registered", "online"):
            before = state.get_node_info(node_ids=[node_id])
            assert before[0].status == status
            assert is_admitted(settings)
            assert state.get_node_info(node_ids=[node_id]) == before
            state.activate_node(node_id, 30.0)
        state.delete_node("owner", node_id)
        assert not is_admitted(settings)


def test_a_probe_comes_into_flowers_own_superlink_and_leaves(
    superlink: Any, authority: Authority, tmp_path: Path
) -> None:
    state = superlink.state.linkstate_factory.state()
    with serving(FleetOnly(superlink), authority.issue("127.0.0.1")) as port:
        settings = site(tmp_path, f"127.0.0.1:{port}", authority.certificate)
        with pytest.raises(FederationError, match=r"does not admit the key of 'st-mary': .*Send request.yaml"):
            probe_centre(settings)
        node_id = state.create_node("owner", "owner", public_key(settings), 0)
        probe_centre(settings)
        probe_centre(settings)
        assert settings.node_id_file.read_text() == f"{node_id}\n"
        assert state.get_node_info(node_ids=[node_id])[0].status == "offline"
        state.delete_node("owner", node_id)
        with pytest.raises(FederationError, match="that was withdrawn or you have made a new one"):
            probe_centre(settings)


@pytest.mark.parametrize(("client", "tries_again"), [(FleetHttpClient, False), (BoundedFleetClient, True)])
def test_flower_gives_up_at_a_load_balancer_without_its_centre_and_our_client_does_not(
    authority: Authority, client: type[FleetHttpClient], tries_again: bool
) -> None:
    def wait(_: float) -> None:
        raise InterruptedError("before another try")

    retry = make_simple_http_retry_invoker()
    retry.wait_function = wait
    trusted = authority.certificate.read_bytes()
    with (
        accepting(close_after_hello) as port,
        client.from_server_address(f"127.0.0.1:{port}", False, trusted, []) as centre,
        pytest.raises(InterruptedError if tries_again else httpx.ConnectError),
    ):
        retry.invoke(centre.ActivateNode, ActivateNodeRequest())


def test_parts_of_a_reply_have_the_ids_that_flower_gives_them() -> None:
    data = np.random.default_rng(0).bytes(2 * FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE + 7)
    replies = []
    for _ in range(2):
        record = ArrayRecord()
        record["float32"] = Array("float32", (1,), "glsmed.packed", data)
        replies.append(RecordDict({"model": record}))
    plain, ours = replies
    message = Message(ours, 1, "train")
    flower_node._hash_parts_once(message)
    assert ours.object_id == plain.object_id
    parts = message.content.array_records["model"]["float32"].children
    assert [part.deflate() for part in parts.values()] == [
        part.deflate() for part in plain.array_records["model"]["float32"].children.values()
    ]
