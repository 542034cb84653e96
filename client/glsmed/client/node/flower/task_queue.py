"""The tasks of this site's SuperNode: the resident process takes them and runs the ClientApp that is installed here.

The bundle from the centre is hashed, never written or executed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog
from flwr.app import Context, Error, Message
from flwr.common.constant import SubStatus
from flwr.common.serde import context_from_proto
from flwr.proto.message_pb2 import ConfirmMessageReceivedRequest
from flwr.proto.node_pb2 import Node
from flwr.proto.runtime_pb2 import AcquireTaskRequest, PullAppMessagesRequest, PullTaskInputRequest
from flwr.supercore.constant import TaskType
from flwr.supercore.heartbeat import HeartbeatSender, make_task_heartbeat_fn_http
from flwr.supercore.inflatable.inflatable_object import iterate_object_tree
from flwr.supercore.inflatable.inflatable_protobuf_utils import (
    make_pull_object_fn_protobuf,
)
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_objects
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.supernode.runtime.run_clientapp import push_message, push_task_output

from glsmed.client.node.bell import Bell
from glsmed.client.node.flower.message_parts import hash_parts_once, message_of
from glsmed.client.node.flower.supernode import FIRST_RETRY_SECONDS
from glsmed.client.node.node_settings import NodeSettings
from glsmed.shared.errors import WireError

ClientAppCall = Callable[[Message, Context], Message]
BundleCheck = Callable[[bytes], None]
ErrorRelease = Callable[[Exception], Error]
_LONGEST_WAIT_SECONDS = 10.0  # for the bell, should one have been missed
_LONGEST_RETRY_SECONDS = 2.0
_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"


class TaskQueue:
    """The tasks of this site's SuperNode, taken one at a time."""

    def __init__(self, settings: NodeSettings) -> None:
        self._bell, self._heard = Bell(settings.bell), 0
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
        self._heard = self._bell.last_rung()
        request = AcquireTaskRequest(supported_task_types=[TaskType.CLIENT_APP])
        try:
            response = self._acquiring.AcquireTask(request)
            if not (response.HasField("task") and response.token):
                return False
            self._run(response.token, Answering(app, check_bundle, release_error))
        except httpx.HTTPError as error:
            raise ConnectionError(f"the SuperNode does not answer: {error}") from None
        return True

    def wait(self) -> None:
        """Wait until a message may have come since the last :meth:`run_next`, at most ten seconds."""
        self._bell.wait(since=self._heard, seconds=_LONGEST_WAIT_SECONDS)

    def _run(self, token: str, answering: "Answering") -> None:
        client = self._task_client(token)
        heartbeat = HeartbeatSender(make_task_heartbeat_fn_http(client))
        heartbeat.start()
        try:
            message, context, bundle = _pull_task(client)
            reply = answering.reply(message, context, bundle)
            hash_parts_once(reply)
            push_message(client, reply, context)
            push_task_output(client, context, SubStatus.COMPLETED, "")
        except (ObjectPullError, WireError) as error:
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
    contents = pull_objects(
        list(dict.fromkeys(one.object_id for one in iterate_object_tree(tree))),
        make_pull_object_fn_protobuf(client.PullObject, node, context.run_id),
        initial_backoff=FIRST_RETRY_SECONDS,
        backoff_cap=_LONGEST_RETRY_SECONDS,
        max_tries_per_object=None,
    )
    client.ConfirmMessageReceived(
        ConfirmMessageReceivedRequest(node=node, run_id=context.run_id, message_object_id=tree.object_id)
    )
    message = message_of(tree.object_id, contents)
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
