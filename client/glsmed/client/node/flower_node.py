"""Flower's SuperNode and its task queue: the only module at a hospital that uses names private to flwr.

The SuperNode talks to the centre (outbound TLS only) and keeps received messages in memory. In process isolation it
starts nothing by itself: our resident process takes its tasks over the loopback interface and runs the ClientApp
that is installed here. The bundle from the centre is hashed, never written or executed.
"""

import contextlib
import functools
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Context, Error, Message
from flwr.app.message.arraychunk import ArrayChunk
from flwr.common.constant import FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE, SubStatus
from flwr.common.serde import context_from_proto
from flwr.proto.fleet_pb2 import ActivateNodeRequest, DeactivateNodeRequest
from flwr.proto.node_pb2 import Node
from flwr.proto.runtime_pb2 import AcquireTaskRequest, PullAppMessagesRequest, PullTaskInputRequest
from flwr.supercore.constant import TaskType
from flwr.supercore.error import ApiErrorCode, FlowerError
from flwr.supercore.heartbeat import HeartbeatSender, make_task_heartbeat_fn_http
from flwr.supercore.inflatable.inflatable_object import get_object_id
from flwr.supercore.inflatable.inflatable_protobuf_utils import (
    make_confirm_message_received_fn_protobuf,
    make_pull_object_fn_protobuf,
)
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_and_inflate_object_from_tree, pull_objects
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supercore.protobuf.client import ProtobufClientInterceptor, ProtobufRequestContext
from flwr.supercore.retry import RetryInvoker
from flwr.supercore.run import RunNotRunningException
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor
from flwr.supernode.runtime.run_clientapp import push_message, push_task_output

from glsmed.client.node.connection_faults import explain, is_given_up_too_early
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.proxy import Proxy, centre_client
from glsmed.client.node.refusals import not_admitted, unknown_answer
from glsmed.client.settings.enrolment import read_authority, read_private_key
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.wire.message_size import MOST_PART_BYTES, Allowance

ClientAppCall = Callable[[Message, Context], Message]
BundleCheck = Callable[[bytes], None]
ErrorRelease = Callable[[Exception], Error]

_CENTRE_POLL_SECONDS = 0.1  # upstream asks every 3 s; the centre holds a request until there is a message, or 10 s
_LOCAL_POLL_SECONDS = 0.05  # upstream looks every half second into its own memory
_FIRST_RETRY_SECONDS = 0.05  # for a part of a message that has not arrived yet; doubles with every try
_LONGEST_RETRY_SECONDS = 2.0
_PROBE_HEARTBEAT_SECONDS = 30.0
_LOOKED_UP: dict[
    int, bool
] = {  # how the centre answers an activation that it looks up and then refuses: whether it admits the key
    ApiErrorCode.FLEET_INVALID_HEARTBEAT_INTERVAL: True,
    ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED: False,
}
_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"


def supernode_arguments(settings: NodeSettings) -> list[str]:
    """The command line of ``flower-supernode`` for a site."""
    return [
        *("--superlink", settings.centre),
        *("--root-certificates", str(settings.ca_certificate)),
        *("--auth-supernode-private-key", str(settings.private_key)),
        *("--isolation", "process"),
        *("--superexec-auth-secret-file", str(settings.superexec_secret)),
        *("--host", "127.0.0.1", "--port", str(settings.runtime_port)),
        *("--node-config", f'site="{settings.site}"'),
    ]


def run_supernode(arguments: list[str], *, most_message_bytes: int, proxy: Proxy | None = None) -> None:
    """Run Flower's SuperNode in this process.

    It looks for work more often than upstream's three seconds, and stops reading a message that is too large.
    """
    # imported here: the site's other processes use this module too and need no SuperNode
    from flwr.supernode import fleet_http_connection, start_client_internal
    from flwr.supernode.cli.flower_supernode import flower_supernode

    def shorter_sleep(seconds: float) -> None:
        time.sleep(_CENTRE_POLL_SECONDS if seconds > 1 else _LOCAL_POLL_SECONDS)

    def pull_or_clean_up(object_ids: list[str], pull_object_fn: Callable[[str], bytes]) -> dict[str, bytes]:
        """Drop a message whose run ended meanwhile: upstream waits for its answer before it serves another."""
        allowance = Allowance(most_message_bytes)

        def pull(object_id: str) -> bytes:
            return allowance.take(pull_object_fn(object_id))

        try:
            return pull_objects(object_ids, pull, initial_backoff=_FIRST_RETRY_SECONDS)
        except RunNotRunningException:
            raise ObjectPullError("of a message", "its run ended while it was coming") from None

    start_client_internal.pull_objects = pull_or_clean_up  # type: ignore[assignment,attr-defined]  # no other use of it
    client = fleet_client_through(proxy)
    fleet_http_connection.FleetHttpClient = client  # type: ignore[attr-defined]  # imported there by name
    start_client_internal.time = SimpleNamespace(sleep=shorter_sleep)  # type: ignore[assignment,attr-defined]  # the module uses time.sleep alone
    sys.argv = ["flower-supernode", *arguments]
    flower_supernode()


class BoundedFleetClient(FleetHttpClient):
    """Flower's client of the centre, which takes the site's way there and refuses large responses.

    Attributes:
        proxy: the hospital's; None: straight to the centre. Of the class, since upstream makes the object.
    """

    proxy: ClassVar[Proxy | None] = None

    def __init__(
        self,
        base_url: str,
        *,
        interceptors: Sequence[ProtobufClientInterceptor] = (),
        verify: ssl.SSLContext | bool | str = True,
        timeout: float = 30.0,
        retry_invoker: RetryInvoker | None = None,
    ) -> None:
        super().__init__(
            base_url, interceptors=interceptors, verify=verify, timeout=timeout, retry_invoker=retry_invoker
        )
        self._client.close()
        self._client = centre_client(verify, self.proxy, timeout=timeout)

    def _send(self, context: ProtobufRequestContext, *, stream: bool = False) -> httpx.Response:
        self._client.event_hooks = {"response": [_refuse_large]}
        try:
            return super()._send(context, stream=stream)
        except httpx.TransportError as error:
            if is_given_up_too_early(error):
                raise httpx.ConnectError("the centre is not reachable") from error
            raise


def fleet_client_through(proxy: Proxy | None) -> type[BoundedFleetClient]:
    """Flower's client of the centre for a site with this proxy."""

    class ClientThroughProxy(BoundedFleetClient):
        pass

    ClientThroughProxy.proxy = proxy
    return ClientThroughProxy


def _refuse_large(response: httpx.Response) -> None:
    """Raise if a response is too large; called before its body is read.

    Raises:
        httpx.RemoteProtocolError: it is, or it does not say how large it is.
    """
    length = response.headers.get("content-length", "")
    if "content-encoding" in response.headers or not length.isdecimal() or int(length) > MOST_PART_BYTES:
        raise httpx.RemoteProtocolError(
            f"the centre's response is larger than {MOST_PART_BYTES} bytes, compressed, or has no Content-Length"
        )


def probe_centre(settings: NodeSettings) -> None:
    """Raise unless the centre answers over TLS and knows this site's key.

    Raises:
        ConnectionError: nobody answers there at the moment; worth another try.
        FederationError: the certificate, the key or the release does not fit; another try would not help.
    """
    key = read_private_key(settings.private_key)
    request = ActivateNodeRequest(
        public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=_PROBE_HEARTBEAT_SECONDS
    )
    with _fleet_client(settings, key) as client, _explained(settings):
        _leave_as_before(client, settings.node_id_file)
        node_id = client.ActivateNode(request).node_id
        write_text(settings.node_id_file, f"{node_id}\n")
        client.DeactivateNode(DeactivateNodeRequest(node_id=node_id))


def _leave_as_before(client: FleetHttpClient, node_id_file: Path) -> None:
    """End this site's earlier session, which the centre keeps for up to a minute after a crash.

    Until then it would refuse the site's own key.
    """
    if node_id_file.is_file():
        # it left already, or was admitted again since, or the file is damaged: then the session times out by itself
        with contextlib.suppress(httpx.HTTPStatusError, ValueError):
            client.DeactivateNode(DeactivateNodeRequest(node_id=int(node_id_file.read_text(encoding="ascii"))))


def is_admitted(settings: NodeSettings) -> bool:
    """Whether the centre admits this site's key, asked without disturbing a client of the site that runs.

    The request asks for an impossible heartbeat: the centre looks the key up, and then refuses to change anything.

    Raises:
        ConnectionError: nobody answers there at the moment.
        FederationError: the certificate, the signature or this machine's clock does not fit.
    """
    key = read_private_key(settings.private_key)
    request = ActivateNodeRequest(public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=0)
    with _fleet_client(settings, key) as client, _explained(settings):
        try:
            client.ActivateNode(request)
        except httpx.HTTPStatusError as error:
            said = FlowerError.from_json(error.response.text)
            if said is None or said.code not in _LOOKED_UP:
                raise
            return _LOOKED_UP[said.code]
    return True


@contextlib.contextmanager
def _fleet_client(settings: NodeSettings, key: ec.EllipticCurvePrivateKey) -> Iterator[FleetHttpClient]:
    client = fleet_client_through(settings.proxy).from_server_address(
        settings.centre,
        insecure=False,
        root_certificates=read_authority(settings.ca_certificate),
        interceptors=[
            RuntimeVersionHttpInterceptor(component_name="SuperNode"),
            NodeAuthHttpInterceptor(key, key.public_key()),
        ],
    )
    with client:
        yield client


@contextlib.contextmanager
def _explained(settings: NodeSettings) -> Iterator[None]:
    """Turn errors of httpx and Flower into what an engineer at the hospital can do about them."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        if error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ConnectionError(f"the centre answered {error.response.status_code}") from None
        raise _refusal(settings, error.response) from None
    except httpx.TransportError as error:
        raise explain(error, settings) from None
    except ValueError:  # upstream's word for a body that is not of its protocol
        raise ConnectionError("what answers there is not the centre, though it has its certificate") from None


def _refusal(settings: NodeSettings, response: httpx.Response) -> ConnectionError | FederationError:
    said = FlowerError.from_json(response.text)
    if said is None:
        return unknown_answer(settings, response)
    if said.code == ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED:
        return not_admitted(settings, f"[code {said.code}] {said.message}")
    return FederationError(f"the centre {settings.centre} refused: [code {said.code}] {said.message}")


class TaskQueue:
    """The tasks of this site's SuperNode, taken one at a time."""

    def __init__(self, settings: NodeSettings) -> None:
        self._address = settings.runtime_address
        self._acquiring = RuntimeHttpClient.from_server_address(
            self._address,
            insecure=True,
            root_certificates=None,
            interceptors=[
                RuntimeVersionHttpInterceptor(component_name="SuperExec"),
                SuperExecAuthHttpInterceptor(
                    master_secret=settings.superexec_secret.read_bytes().strip(), protected_methods={_ACQUIRE}
                ),
            ],
        )

    def run_next(self, app: ClientAppCall, *, check_bundle: BundleCheck, release_error: ErrorRelease) -> bool:
        """Run the oldest waiting task with ``app``; returns whether there was one.

        Args:
            app: answers a message; whatever it raises goes through ``release_error``.
            check_bundle: raises for a bundle that the site does not accept.
            release_error: what the centre may know of an error; where it raises OSError nothing is sent.

        Raises:
            ConnectionError: the SuperNode does not answer (it may be starting again).
        """
        request = AcquireTaskRequest(supported_task_types=[TaskType.CLIENT_APP])
        try:
            response = self._acquiring.AcquireTask(request)
            if not (response.HasField("task") and response.token):
                return False
            self._run(response.token, Answering(app, check_bundle, release_error))
        except httpx.HTTPError as error:
            raise ConnectionError(f"the SuperNode does not answer: {error}") from None
        return True

    def _run(self, token: str, answering: "Answering") -> None:
        client = self._task_client(token)
        heartbeat = HeartbeatSender(make_task_heartbeat_fn_http(client))
        heartbeat.start()
        try:
            message, context, bundle = _pull_task(client)
            reply = answering.reply(message, context, bundle)
            _hash_parts_once(reply)
            push_message(client, reply, context)
            push_task_output(client, context, SubStatus.COMPLETED, "")
        except ObjectPullError as error:
            structlog.get_logger().warning("task_lost", reason=str(error))
        except OSError as error:
            structlog.get_logger().error("nothing_sent", reason=f"the audit log cannot be written: {error}")
        finally:
            heartbeat.stop()
            client.close()

    def _task_client(self, token: str) -> RuntimeHttpClient:
        return RuntimeHttpClient.from_server_address(
            self._address,
            insecure=True,
            root_certificates=None,
            interceptors=[
                RuntimeVersionHttpInterceptor(component_name="flwr-clientapp"),
                RuntimeTokenHttpInterceptor(token),
            ],
        )

    def close(self) -> None:
        """Close the connection."""
        self._acquiring.close()


class _Part(ArrayChunk):
    """A part of an array that computes its id once; upstream hashes 45 MB anew each time that it asks for an id."""

    __qualname__ = ArrayChunk.__qualname__  # Flower writes it into the header

    @functools.cached_property
    def object_id(self) -> str:
        """SHA-256 of the part as it is sent."""
        return get_object_id(self.deflate())


def _hash_parts_once(message: Message) -> None:
    """Cut the arrays of a message into parts whose ids are known from then on."""
    if message.has_error():
        return
    for record in message.content.array_records.values():
        for array in record.values():
            view = memoryview(array.data)
            starts = range(0, len(view), FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE)
            parts = [_Part(view[start : start + FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE]) for start in starts]
            array.__dict__["_chunks"] = [(part.object_id, part) for part in parts]


def _pull_task(client: RuntimeHttpClient) -> tuple[Message, Context, bytes]:
    """The message of a task, its context and the bundle; what upstream's ``pull_task_input`` does, with shorter waits.

    Raises:
        ObjectPullError: the message got lost on its way through the SuperNode.
    """
    task = client.PullTaskInput(PullTaskInputRequest())
    TaskIdentity.task_id = task.task_id
    TaskIdentity.run_id = task.run.run_id
    TaskIdentity.node_id = task.context.node_id
    context = context_from_proto(task.context)
    pulled = client.PullMessages(PullAppMessagesRequest())
    if not pulled.messages_list:
        raise ObjectPullError("of a message", "it is no longer there")
    tree, node = pulled.message_object_trees[0], Node(node_id=context.node_id)
    message = pull_and_inflate_object_from_tree(
        tree,
        make_pull_object_fn_protobuf(client.PullObject, node, context.run_id),
        make_confirm_message_received_fn_protobuf(client.ConfirmMessageReceived, node, context.run_id),
        return_type=Message,
        initial_backoff=_FIRST_RETRY_SECONDS,
        backoff_cap=_LONGEST_RETRY_SECONDS,
        max_tries_per_object=None,
    )
    message.metadata.__dict__["_message_id"] = tree.object_id
    return message, context, task.fab.content


@dataclass(frozen=True, slots=True)
class Answering:
    """How a site answers; see :meth:`TaskQueue.run_next`."""

    app: ClientAppCall
    check_bundle: BundleCheck
    release_error: ErrorRelease

    def reply(self, message: Message, context: Context, bundle: bytes) -> Message:
        """The app's reply, or an error reply with what may be known of the error.

        Raises:
            OSError: the audit log cannot be written, so there is nothing to send.
        """
        try:
            self.check_bundle(bundle)
            return self.app(message, context)
        except Exception as error:
            _log_locally(error)
            return Message(self.release_error(error), reply_to=message)


def _log_locally(error: Exception) -> None:
    """Write the whole error to the site's own log."""
    structlog.get_logger().error("task_failed", error=type(error).__name__, detail=str(error), exc_info=error)
