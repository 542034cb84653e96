"""Flower's SuperLink with two listeners, and its Control API: the centre's only module with names private to flwr.

The open-source Control API has no authentication, so it must not be reachable from outside. One application is
served twice: on the loopback interface with every route, and on the public address with nothing but the Fleet API
(node keys required) and ``/health``.
"""

import asyncio
import contextlib
import hashlib
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import uvicorn
from flwr.proto.control_pb2 import (
    ListNodesRequest,
    ListRunsRequest,
    RegisterNodeRequest,
    StartRunRequest,
    StopRunRequest,
    UnregisterNodeRequest,
)
from flwr.proto.fab_pb2 import Fab
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_objects
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.shared.errors import FederationError, WireError
from glsmed.shared.protocol.enrolment import load_public_key
from glsmed.shared.protocol.message_size import MOST_PART_BYTES, Allowance

LOOPBACK = "127.0.0.1"
_PUBLIC_PREFIX = "/v1/fleet/"
_PUBLIC_PATHS = frozenset({"/health"})
_GRACEFUL_SECONDS = 2
_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the SuperLink listens and what it keeps."""

    public_host: str
    public_port: int
    loopback_port: int
    ca_certificate: Path
    server_certificate: Path
    server_key: Path
    database: Path
    superexec_secret: Path

    @property
    def loopback_address(self) -> str:
        """``host:port`` of the listener that serves everything."""
        return f"{LOOPBACK}:{self.loopback_port}"


class FleetOnly:
    """An ASGI application that answers 404 to every route but the Fleet API's and ``/health``, 413 to what is large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a public path; answer 404 to every other."""
        if scope["type"] == "http" and self._is_public(scope["path"]):
            app = self._app if _is_small(scope) else PlainTextResponse("too large\n", status_code=413)
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("not found\n", status_code=404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    @staticmethod
    def _is_public(path: str) -> bool:
        return path in _PUBLIC_PATHS or (path.startswith(_PUBLIC_PREFIX) and ".." not in path)


def _is_small(scope: Scope) -> bool:
    """Whether a request says before its body that it has no more bytes than a part of a message may have."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    plain = b"transfer-encoding" not in headers and b"content-encoding" not in headers
    return plain and length.isdigit() and int(length) <= MOST_PART_BYTES


class _Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to :func:`serve_superlink`, since two run in one loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def superlink_arguments(settings: LinkSettings) -> list[str]:
    """The command line of ``flower-superlink`` for a study: node keys, process isolation, no installs at run time."""
    return [
        *("--host", LOOPBACK, "--port", str(settings.loopback_port)),
        *("--ssl-ca-certfile", str(settings.ca_certificate)),
        *("--ssl-certfile", str(settings.server_certificate)),
        *("--ssl-keyfile", str(settings.server_key)),
        *("--database", str(settings.database)),
        *("--isolation", "process"),
        *("--superexec-auth-secret-file", str(settings.superexec_secret)),
        "--enable-supernode-auth",
        "--disable-runtime-dependency-installation",
    ]


def superlink_app(settings: LinkSettings) -> ASGIApp:
    """Flower's SuperLink application with the study's settings."""
    # imported here: the program that watches the SuperLink uses this module too and has no need of it
    from flwr.superlink.cli.flower_superlink import SuperLinkLifespan, _parse_superlink_lifespan_config
    from flwr.superlink.main import create_app

    command, sys.argv = sys.argv, ["flower-superlink", *superlink_arguments(settings)]
    try:
        config = _parse_superlink_lifespan_config()
    finally:
        sys.argv = command
    return create_app(config, SuperLinkLifespan)


def superexec_arguments(settings: LinkSettings) -> list[str]:
    """The command line of ``flower-superexec`` for a study."""
    return [
        *("--runtime-api-address", settings.loopback_address),
        *("--root-certificates", str(settings.ca_certificate)),
        *("--superexec-auth-secret-file", str(settings.superexec_secret)),
    ]


def run_superexec(arguments: list[str]) -> None:
    """Run Flower's executor in this process; it starts the ServerApp in the same process group."""
    # imported here for the reason above
    from flwr.supercore.cli.flower_superexec import flower_superexec

    sys.argv = ["flower-superexec", *arguments]
    flower_superexec()


def serve_superlink(settings: LinkSettings) -> None:
    """Serve until SIGTERM: the loopback listener at once, the public one from SIGUSR1 on.

    The public listener waits for SIGUSR1 so that no hospital is turned away before the keys of all sites are known.
    """
    asyncio.run(_serve(superlink_app(settings), settings))


async def _serve(app: ASGIApp, settings: LinkSettings) -> None:
    inside = _listener(app, settings, host=LOOPBACK, port=settings.loopback_port, lifespan="on")
    outside = _listener(FleetOnly(app), settings, host=settings.public_host, port=settings.public_port, lifespan="off")
    keys_known = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, keys_known.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_stop, (inside, outside), keys_known)
    serving = asyncio.create_task(inside.serve())
    await keys_known.wait()
    if not outside.should_exit:
        await outside.serve()
    inside.should_exit = True
    await serving


def _listener(
    app: ASGIApp, settings: LinkSettings, *, host: str, port: int, lifespan: Literal["on", "off"]
) -> _Listener:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan=lifespan,
        log_level="warning",
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        ssl_certfile=settings.server_certificate,
        ssl_keyfile=str(settings.server_key),
    )
    return _Listener(config)


def _ask_to_stop(listeners: tuple[_Listener, ...], keys_known: asyncio.Event) -> None:
    for listener in listeners:
        listener.should_exit = True
    keys_known.set()


def prepare_grid(most_message_bytes: int) -> None:
    """Let the ServerApp take no larger answer to its end, and ask for a part that has not come yet after 0.05 s.

    Then ever later; upstream waits a second, then two, then four: longer than the part takes.
    """
    from flwr.superlink.grid import http_grid

    def pull(object_ids: list[str], pull_object_fn: Callable[[str], bytes]) -> dict[str, bytes]:
        allowance = Allowance(most_message_bytes)

        def counted(object_id: str) -> bytes:
            try:
                return allowance.take(pull_object_fn(object_id))
            except WireError as error:
                raise ObjectPullError(object_id, str(error)) from None

        return pull_objects(
            object_ids, counted, initial_backoff=_FIRST_RETRY_SECONDS, backoff_cap=_LONGEST_RETRY_SECONDS
        )

    http_grid.pull_objects = pull  # type: ignore[attr-defined,assignment]  # imported there by name, not exported


@dataclass(frozen=True, slots=True)
class RegisteredNode:
    """A site's SuperNode as the SuperLink knows it."""

    node_id: int
    site: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands: ``status`` is pending, starting, running or finished."""

    run_id: int
    status: str
    sub_status: str
    details: str

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of the run."""
        return self.status == "finished"


class Control:
    """The SuperLink's Control API on the loopback interface."""

    def __init__(self, settings: LinkSettings) -> None:
        self._client = ControlHttpClient.from_server_address(
            server_address=settings.loopback_address,
            insecure=False,
            root_certificates=settings.ca_certificate.read_bytes(),
            interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr CLI")],
        )

    def nodes(self) -> list[RegisteredNode]:
        """The nodes that are registered now."""
        with _as_federation_error("list the registered sites"):
            listed = self._client.ListNodes(ListNodesRequest()).nodes_info
        return [
            RegisteredNode(node_id=node.node_id, site=node.name, public_key=node.public_key)
            for node in listed
            if node.status != "unregistered"
        ]

    def register(self, public_key: str, *, site: str) -> int:
        """Admit a site's key (an OpenSSH line); returns its node id."""
        request = RegisterNodeRequest(public_key=node_key(public_key), name=site)
        with _as_federation_error(f"register the key of {site}"):
            return int(self._client.RegisterNode(request).node_id)

    def unregister(self, node_id: int) -> None:
        """Withdraw a node's key: its next request is refused."""
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


@contextlib.contextmanager
def _as_federation_error(action: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise FederationError(f"cannot {action}: {error}") from None
