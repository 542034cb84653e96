"""Flower's SuperLink behind two listeners.

Flower's Control API has no authentication, and its Fleet API reads a request before it looks at its key. One
application is served twice: on the loopback interface with every route, to processes that know the centre's secret; and
on the public address, over TLS that asks for a certificate of the study, with nothing but the Fleet API, to whoever
shows a registered node key, and ``/health``.
"""

import asyncio
import contextlib
import signal
import ssl
import sys
from collections.abc import Iterator
from typing import Literal

import uvicorn
from fastapi import FastAPI
from flwr.server.superlink.linkstate import LinkStateFactory
from flwr.supercore.object_store import ObjectStoreFactory
from flwr.superlink import main as superlink_main
from flwr.superlink.cli.flower_superlink import SuperLinkLifespan, _parse_superlink_lifespan_config
from flwr.superlink.federation import FederationManager
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from glsmed.server.flower.doors.arriving_bodies import BodyRoom
from glsmed.server.flower.doors.client_certificates import OwnCertificateOnly, asking_context, plain_context
from glsmed.server.flower.doors.limits import Limits
from glsmed.server.flower.doors.listener import Listener
from glsmed.server.flower.doors.node_keys import FLEET, KnownSitesOnly
from glsmed.server.flower.doors.own_answers import OwnAnswersOnly
from glsmed.server.flower.doors.own_processes import OwnProcessesOnly, own_token
from glsmed.server.flower.doors.refusing import refuse
from glsmed.server.flower.link.link_state import SparingLinkStateFactory
from glsmed.server.flower.long_poll import LongPolls
from glsmed.server.flower.part_routes import with_part_routes
from glsmed.server.flower.settings import LOOPBACK, LinkSettings
from glsmed.shared.processes.memory import give_memory_back, keep_out_of_collections
from glsmed.shared.protocol.releases import RELEASE_HEADER, releases
from glsmed.shared.wire.message_size import MOST_PART_BYTES

_PUBLIC_PATHS = frozenset({"/health"})
# what a site needs of the Fleet API: not the routes by which a stranger would register itself
_FOR_SITES = frozenset(
    FLEET + name
    for name in (
        "activate-node",
        "deactivate-node",
        "send-node-heartbeat",
        "pull-messages",
        "push-messages",
        "get-run",
        "get-fab",
        "push-object",
        "pull-object",
        "confirm-message-received",
    )
)
_PART = FLEET + "push-object"
_MOST_WORDS_BYTES = 2 * 2**20  # of a request that carries no part of a model: a message's head, the ids of its parts
_GRACEFUL_SECONDS = 2
_RELEASE_HEADERS = [(f"{RELEASE_HEADER}{name}".encode(), release.encode()) for name, release in releases().items()]
_TRIM_EVERY_SECONDS = 2.0


class FleetOnly:
    """An ASGI application with what a site needs of the Fleet API, and ``/health``: 404 to others, 413 if too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not self._is_public(scope["path"]):
            await refuse(PlainTextResponse("not found\n", status_code=404), scope, receive, send)
        elif scope["type"] == "http" and not _is_small(scope):
            await refuse(PlainTextResponse("too large\n", status_code=413), scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, receive, _with_releases(send) if scope["path"] in _PUBLIC_PATHS else send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    @staticmethod
    def _is_public(path: str) -> bool:
        return path in _PUBLIC_PATHS or path in _FOR_SITES


def _with_releases(send: Send) -> Send:
    """The same, with the centre's releases among the headers: ``glsmed-client check --online`` compares them."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_RELEASE_HEADERS]}
        await send(message)

    return sending


def _is_small(scope: Scope) -> bool:
    """Whether the headers promise a plain body that is no larger than the route's may be."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    plain = b"transfer-encoding" not in headers and b"content-encoding" not in headers
    return plain and length.isdigit() and int(length) <= _most_bytes(scope["path"])


def _most_bytes(path: str) -> int:
    if path in _PUBLIC_PATHS:
        return 0  # whoever asks there says nothing
    return MOST_PART_BYTES if path == _PART else _MOST_WORDS_BYTES


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


def superlink_app(settings: LinkSettings) -> FastAPI:
    """Flower's SuperLink application with the study's settings."""
    command, sys.argv = sys.argv, ["flower-superlink", *superlink_arguments(settings)]
    try:
        config = _parse_superlink_lifespan_config()
    finally:
        sys.argv = command
    with _own_state(settings):
        return superlink_main.create_app(config, SuperLinkLifespan)


@contextlib.contextmanager
def _own_state(settings: LinkSettings) -> Iterator[None]:
    """Let Flower make its application on our state: it calls this function by the name under which it imported it."""

    def make(database: str, federation_manager: FederationManager) -> tuple[ObjectStoreFactory, LinkStateFactory]:
        states = SparingLinkStateFactory(
            database, federation_manager, settings.objects, most_reply_bytes=settings.most_message_bytes
        )
        return states.objectstore_factory, states

    name = "get_objectstore_linkstate_factories"
    upstream = getattr(superlink_main, name)
    setattr(superlink_main, name, make)
    try:
        yield
    finally:
        setattr(superlink_main, name, upstream)


def serve_superlink(settings: LinkSettings) -> None:
    """Serve until SIGTERM: the loopback listener at once, the public one once SIGUSR1 arrives.

    The sender of SIGUSR1 registers the sites' keys first, so that no admitted hospital is turned away.
    """
    app = superlink_app(settings)
    keep_out_of_collections()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(app, settings))


async def _serve(app: FastAPI, settings: LinkSettings) -> None:
    polls = LongPolls(OwnAnswersOnly(with_part_routes(app)), bodies=BodyRoom(settings.database.parent))
    own = OwnProcessesOnly(polls, own_token(settings))
    sites = FleetOnly(OwnCertificateOnly(KnownSitesOnly(polls, app.state.linkstate_factory.state)))
    here, everywhere = (LOOPBACK, settings.loopback_port), (settings.public_host, settings.public_port)
    inside = _listener(own, here, tls=plain_context(settings), lifespan="on")
    outside = _listener(sites, everywhere, tls=asking_context(settings), lifespan="off")
    keys_known = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, keys_known.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_stop, (inside, outside), polls, keys_known)
    trimming = asyncio.create_task(_keep_memory_small(polls))
    serving = asyncio.create_task(inside.serve())
    await keys_known.wait()
    if not outside.should_exit:
        await outside.serve()
    inside.should_exit = True
    await serving
    trimming.cancel()


async def _keep_memory_small(polls: LongPolls) -> None:
    """Give back now and then what the parts of models have left behind."""
    seen = 0
    while True:
        await asyncio.sleep(_TRIM_EVERY_SECONDS)
        if polls.served != seen:
            seen = polls.served
            await asyncio.to_thread(give_memory_back)


def _listener(
    app: ASGIApp, address: tuple[str, int], *, tls: ssl.SSLContext, lifespan: Literal["on", "off"]
) -> Listener:
    config = uvicorn.Config(
        app,
        host=address[0],
        port=address[1],
        lifespan=lifespan,
        log_level="warning",
        log_config=None,  # the process decides how its lines look
        ws="none",  # Flower uses none; the libraries for them need not be loaded
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    return Listener(config, tls=tls, limits=Limits())


def _ask_to_stop(listeners: tuple[Listener, ...], polls: LongPolls, keys_known: asyncio.Event) -> None:
    for listener in listeners:
        listener.should_exit = True
    polls.close()
    keys_known.set()
