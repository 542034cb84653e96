"""The tasks of a SuperLink's runs, taken by our own process instead of Flower's executor.

Upstream's executor starts a new Python for each run, writes the bundle's files and runs what they name. Here the round
loop that is installed at the centre runs in the process that asked, and the bundle is only compared with our own.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from flwr.common.constant import SubStatus
from flwr.common.serde import run_from_proto
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    PullTaskInputRequest,
    PullTaskInputResponse,
    PushTaskOutputRequest,
)
from flwr.serverapp import Grid
from flwr.supercore.constant import TaskType
from flwr.supercore.heartbeat import HeartbeatSender, make_task_heartbeat_fn_http
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor, SuperExecAuthHttpInterceptor
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity

from glsmed.server.flower.doors.own_processes import OwnProcess
from glsmed.server.flower.reply_objects import ReplyPlace
from glsmed.server.flower.settings import LinkSettings
from glsmed.server.flower.store_grid import StoreGrid
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.bundle import bundle_digest

RoundLoop = Callable[[Grid], None]

_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"
_LAST_TRIES = 3  # to tell the SuperLink how a run ended; if it is gone, the supervisor submits the run again


class RunTasks:
    """The runs that wait at a SuperLink, taken one at a time.

    Args:
        settings: the SuperLink's.
        incoming: the folder for the part files of replies.
    """

    def __init__(self, settings: LinkSettings, *, incoming: Path) -> None:
        self._settings = settings
        self._incoming = incoming
        self._acquiring = RuntimeHttpClient.from_server_address(
            settings.loopback_address,
            insecure=False,
            root_certificates=settings.ca_certificate.read_bytes(),
            interceptors=[
                OwnProcess(settings),
                RuntimeVersionHttpInterceptor(component_name="SuperExec"),
                SuperExecAuthHttpInterceptor(
                    master_secret=settings.superexec_secret.read_bytes().strip(), protected_methods={_ACQUIRE}
                ),
            ],
        )

    def run_next(self, round_loop: RoundLoop) -> bool:
        """Wait some seconds for a run; run it to its end and return whether there was one.

        Args:
            round_loop: does the run's work over the Grid; what it raises fails the run.

        Raises:
            ConnectionError: the SuperLink does not answer (it may be starting again).
        """
        try:
            response = self._acquiring.AcquireTask(AcquireTaskRequest(supported_task_types=[TaskType.SERVER_APP]))
            if not (response.HasField("task") and response.token):
                return False
            shutil.rmtree(self._incoming, ignore_errors=True)  # what a run that was killed had not read
            _RunTask(self._grid(response.token)).run(round_loop)
        except httpx.HTTPError as error:
            raise ConnectionError(f"the SuperLink does not answer: {error}") from None
        return True

    def _grid(self, token: str) -> StoreGrid:
        place = ReplyPlace(self._incoming, self._settings.most_message_bytes)
        return StoreGrid(self._settings, token=token, replies=place)

    def close(self) -> None:
        """Close the connection."""
        self._acquiring.close()


class _RunTask:
    """One run, from its acceptance to its end."""

    def __init__(self, grid: StoreGrid) -> None:
        self._grid = grid
        self._client = grid._runtime_client  # upstream's executor uses the Grid's client too

    def run(self, round_loop: RoundLoop) -> None:
        try:
            with self._heartbeats():
                self._accept(self._client.PullTaskInput(PullTaskInputRequest()))
                round_loop(self._grid)
        except Exception as error:
            self._end(SubStatus.FAILED, f"{type(error).__name__}: {error}")
            raise
        else:
            self._end(SubStatus.COMPLETED, "")
        finally:
            self._grid.close()

    @contextmanager
    def _heartbeats(self) -> Iterator[None]:
        """Signs of life, which stop before the run's end is told: Flower interrupts a process that sends one after."""
        heartbeat = HeartbeatSender(make_task_heartbeat_fn_http(self._client))
        heartbeat.start()
        try:
            yield
        finally:
            heartbeat.stop()

    def _accept(self, task: PullTaskInputResponse) -> None:
        """Take up the run's identity.

        Raises:
            FederationError: the run's bundle is not this release's.
        """
        require_own_bundle(task.fab.content)
        TaskIdentity.task_id = task.task_id
        TaskIdentity.run_id = task.run.run_id
        TaskIdentity.node_id = task.context.node_id
        self._grid.set_run(run_from_proto(task.run))

    def _end(self, sub_status: str, details: str) -> None:
        """Tell the SuperLink how the run ended, without waiting for one that is gone."""
        self._grid._retry_invoker.max_tries = _LAST_TRIES  # as upstream's executor does
        self._client.PushTaskOutput(PushTaskOutputRequest(sub_status=sub_status, details=details))


def require_own_bundle(bundle: bytes) -> None:
    """Raise unless a run's bundle is the one of this release; nothing of it is ever written or run.

    Raises:
        FederationError: it is another.
    """
    digest = hashlib.sha256(bundle).hexdigest()
    if digest != bundle_digest():
        raise FederationError(f"the run's bundle is {digest}, expected {bundle_digest()}: somebody else submitted it")
