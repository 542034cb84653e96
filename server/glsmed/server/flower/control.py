"""The SuperLink's Control API: which sites are registered, and which run is going on."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flwr.proto.control_pb2 import (
    ListNodesRequest,
    ListRunsRequest,
    RegisterNodeRequest,
    StartRunRequest,
    StopRunRequest,
    UnregisterNodeRequest,
)
from flwr.proto.fab_pb2 import Fab
from flwr.supercore.constant import NodeStatus
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.error import FlowerError
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.primitives.asymmetric import bytes_to_public_key, public_key_to_bytes

from glsmed.server.flower.doors.own_processes import OwnProcess
from glsmed.server.flower.settings import LinkSettings
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.enrolment import load_public_key


class RegistrationRefusedError(FederationError):
    """The SuperLink does not take a site's key."""


@dataclass(frozen=True, slots=True)
class LinkNode:
    """A site's SuperNode as the SuperLink knows it.

    Attributes:
        public_key: one OpenSSH line.
        is_withdrawn: its key is refused, and stays taken as long as the SuperLink keeps its database.
    """

    node_id: int
    site: str
    public_key: str
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The state of a run: ``status`` is pending, starting, running or finished."""

    run_id: int
    status: str
    sub_status: str
    details: str

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended, with or without success."""
        return self.status == "finished"


class Control:
    """The SuperLink's Control API on the loopback interface."""

    def __init__(self, settings: LinkSettings) -> None:
        self._client = ControlHttpClient.from_server_address(
            server_address=settings.loopback_address,
            insecure=False,
            root_certificates=settings.ca_certificate.read_bytes(),
            interceptors=[OwnProcess(settings), RuntimeVersionHttpInterceptor(component_name="flwr CLI")],
        )

    def close(self) -> None:
        """Close the connection; no method may be called any more."""
        self._client.close()

    def nodes(self) -> list[LinkNode]:
        """Every node that was registered once, those with withdrawn keys too."""
        with _as_federation_error("list the registered sites"):
            listed = self._client.ListNodes(ListNodesRequest()).nodes_info
        return [
            LinkNode(node.node_id, node.name, _public_line(node.public_key), node.status == NodeStatus.UNREGISTERED)
            for node in listed
        ]

    def register(self, public_key: str, *, site: str) -> int:
        """Register a site's public key (an OpenSSH line); returns its node id.

        Raises:
            RegistrationRefusedError: the SuperLink does not take this key, with its reason.
        """
        request = RegisterNodeRequest(public_key=node_key(public_key), name=site)
        with _as_federation_error(f"register the key of {site}"):
            try:
                return int(self._client.RegisterNode(request).node_id)
            except httpx.HTTPStatusError as error:
                if not error.response.is_client_error:
                    raise
                raise RegistrationRefusedError(_words_of(error.response)) from None

    def unregister(self, node_id: int) -> None:
        """Withdraw a node's key; its next request is refused."""
        with _as_federation_error(f"withdraw the key of node {node_id}"):
            self._client.UnregisterNode(UnregisterNodeRequest(node_id=node_id))

    def start_run(self, bundle: bytes) -> int:
        """Submit a bundle; returns the run id."""
        digest = hashlib.sha256(bundle).hexdigest()
        request = StartRunRequest(fab=Fab(hash_str=digest, content=bundle))
        with _as_federation_error("start the run"):
            response = self._client.StartRun(request)
        if not response.HasField("run_id"):
            raise FederationError(f"the SuperLink did not start the run: {response.note}")
        return int(response.run_id)

    def runs(self) -> list[RunStatus]:
        """Every run that the SuperLink's database holds."""
        with _as_federation_error("list the runs"):
            listed = self._client.ListRuns(ListRunsRequest()).run_dict
        return [
            RunStatus(int(run_id), run.status.status, run.status.sub_status, run.status.details)
            for run_id, run in listed.items()
        ]

    def stop_run(self, run_id: int) -> None:
        """End a run that is not finished."""
        with _as_federation_error(f"stop run {run_id}"):
            self._client.StopRun(StopRunRequest(run_id=run_id))


def node_key(public_key: str) -> bytes:
    """An OpenSSH public key line in the form that the SuperLink keeps."""
    return public_key_to_bytes(load_public_key(public_key))


def _public_line(key: bytes) -> str:
    """The OpenSSH line of a key in the form that the SuperLink keeps."""
    return bytes_to_public_key(key).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _words_of(response: httpx.Response) -> str:
    said = FlowerError.from_json(response.text)
    return said.message if said else f"HTTP {response.status_code}"


@contextlib.contextmanager
def _as_federation_error(action: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise FederationError(f"cannot {action}: {error}") from None
