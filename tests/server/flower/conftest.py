"""A real SuperLink on this machine, over TLS with node keys, and sites that speak its Fleet API."""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from flwr.app import Array, ArrayRecord, Message, RecordDict
from flwr.app.message import remove_content_from_message
from flwr.common.serde import message_to_proto
from flwr.proto.fleet_pb2 import ActivateNodeRequest, PullMessagesRequest, PushMessagesRequest, PushMessagesResponse
from flwr.proto.message_pb2 import (
    ConfirmMessageReceivedRequest,
    ObjectTree,
    PullObjectRequest,
    PushObjectRequest,
)
from flwr.proto.node_pb2 import Node
from flwr.serverapp import Grid
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree, iterate_object_tree
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor
from starlette.types import ASGIApp

from glsmed.server.flower.control import Control
from glsmed.server.flower.executor import RunTasks
from glsmed.server.flower.link.link_state import SparingLinkState
from glsmed.server.flower.listeners import superlink_app
from glsmed.server.flower.long_poll import HELD, Hold, LongPolls
from glsmed.server.flower.part_routes import with_part_routes
from glsmed.server.flower.settings import LinkSettings
from glsmed.server.flower.store_grid import StoreGrid
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.bundle import bundle_bytes
from glsmed.shared.protocol.enrolment import generate_private_key, make_request

MOST_BYTES = 48 * 2**20


def make_settings(folder: Path) -> LinkSettings:
    certificates = CertificateFolder(folder / "pki")
    certificates.create(study="doubt", public_names=["localhost"])
    (folder / "secret").write_text("a secret of this test")
    return LinkSettings(
        public_host="127.0.0.1",
        public_port=free_port(),
        loopback_port=free_port(),
        ca_certificate=certificates.ca_certificate,
        server_certificate=certificates.server_certificate,
        server_key=certificates.server_key,
        database=folder / "link.db",
        superexec_secret=folder / "secret",
        most_message_bytes=MOST_BYTES,
    )


def array_of(message: Message, name: str) -> Array:
    """An array of a message's model."""
    arrays = message.content["model"]
    assert isinstance(arrays, ArrayRecord)
    return arrays[name]


def number_of(message: Message, name: str) -> object:
    """A number in a message's head."""
    return message.content["head"][name]


@dataclass
class Site:
    """A hospital's SuperNode as far as the centre sees it."""

    key: ec.EllipticCurvePrivateKey
    node: Node
    client: FleetHttpClient

    def receive(self) -> Message | None:
        """The oldest message that waits, whole."""
        response = self.client.PullMessages(PullMessagesRequest(node=self.node))
        if not response.messages_list:
            return None
        run_id = response.messages_list[0].metadata.run_id
        tree = response.message_object_trees[0]
        contents = {}
        for object_id in {node.object_id for node in iterate_object_tree(tree)}:
            request = PullObjectRequest(node=self.node, run_id=run_id, object_id=object_id)
            contents[object_id] = self.client.PullObject(request).object_content
        self.client.ConfirmMessageReceived(
            ConfirmMessageReceivedRequest(node=self.node, run_id=run_id, message_object_id=tree.object_id)
        )
        message = inflate_object_from_contents(tree.object_id, contents)
        assert isinstance(message, Message)
        message.metadata.__dict__["_message_id"] = tree.object_id
        return message

    def announce(self, reply: Message, tree: ObjectTree | None = None) -> PushMessagesResponse:
        """Tell the centre of a reply, without its objects."""
        reply.metadata.__dict__["_message_id"] = reply.object_id
        reply.metadata.__dict__["_src_node_id"] = self.node.node_id
        return self.client.PushMessages(
            PushMessagesRequest(
                node=self.node,
                messages_list=[message_to_proto(remove_content_from_message(reply))],
                message_object_trees=[tree or get_object_tree(reply)],
            )
        )

    def upload(self, reply: Message, response: PushMessagesResponse, *, only: int | None = None) -> list[bool]:
        """Send the objects that the centre lacks; returns which of them it has kept."""
        objects = get_all_nested_objects(reply)
        stored = []
        for object_id in list(response.objects_to_push)[:only]:
            request = PushObjectRequest(
                node=self.node,
                run_id=reply.metadata.run_id,
                object_id=object_id,
                object_content=objects[object_id].deflate(),
                session_id=response.session_id,
            )
            stored.append(self.client.PushObject(request).stored)
        return stored

    def answer(self, task: Message, content: RecordDict) -> Message:
        """Send a reply whole."""
        reply = Message(content, reply_to=task)
        self.upload(reply, self.announce(reply))
        return reply


@dataclass
class Link:
    """A SuperLink that runs in a thread of this process."""

    settings: LinkSettings
    app: FastAPI
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        self.control = Control(self.settings)

    @property
    def state(self) -> SparingLinkState:
        state = self.app.state.linkstate_factory.state()
        assert isinstance(state, SparingLinkState)
        return state

    def admit(self, name: str) -> Site:
        written = generate_private_key()
        key = serialization.load_ssh_private_key(written, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        request = make_request(written, site=name, study="doubt", study_digest="ab")
        node_id = self.control.register(request.public_key, site=name)
        client = FleetHttpClient.from_server_address(
            self.settings.loopback_address,
            insecure=False,
            root_certificates=self.settings.ca_certificate.read_bytes(),
            interceptors=[
                RuntimeVersionHttpInterceptor(component_name="SuperNode"),
                NodeAuthHttpInterceptor(key, key.public_key()),
            ],
        )
        client.ActivateNode(
            ActivateNodeRequest(public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=30.0)
        )
        return Site(key, Node(node_id=node_id), client)


def serve(app: ASGIApp, settings: LinkSettings) -> tuple[uvicorn.Server, threading.Thread]:
    holds = {path: Hold(0.2, hold.until, hold.asks_again, hold.until_answered) for path, hold in HELD.items()}
    server = uvicorn.Server(
        uvicorn.Config(
            LongPolls(app, holds),
            host="127.0.0.1",
            port=settings.loopback_port,
            log_level="warning",
            ssl_certfile=settings.server_certificate,
            ssl_keyfile=str(settings.server_key),
            timeout_graceful_shutdown=1,
            ws="none",
        )
    )

    async def run() -> None:
        await server.serve()
        await asyncio.sleep(0.3)  # TLS connections say goodbye

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    return server, thread


@pytest.fixture(scope="session")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    folder = tmp_path_factory.mktemp("link")
    settings = make_settings(folder)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FLWR_HOME", str(folder))
        app = superlink_app(settings)
        server, thread = serve(with_part_routes(app), settings)
        made = Link(settings, app)
        yield made
        made.control._client.close()
        server.should_exit = True
        thread.join()


@pytest.fixture
def grid(link: Link, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreGrid]:
    """The Grid of a run that goes on until the test ends."""
    handed: queue.Queue[StoreGrid] = queue.Queue()
    ended = threading.Event()

    def round_loop(grid: Grid) -> None:
        assert isinstance(grid, StoreGrid)
        grid._runtime_client._retry_invoker = None  # it would interrupt this process when a run was stopped
        handed.put(grid)
        ended.wait()

    def run() -> None:
        with suppress(ConnectionError):  # a test has stopped the run
            tasks.run_next(round_loop)

    incoming = link.settings.objects.parent / tmp_path_factory.mktemp("incoming").name
    with closing(RunTasks(link.settings, incoming=incoming)) as tasks:
        link.control.start_run(bundle_bytes())
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield handed.get(timeout=100)
        ended.set()
        thread.join()


@pytest.fixture
def sites(link: Link) -> Iterator[tuple[Site, Site]]:
    made = link.admit("a"), link.admit("b")
    yield made
    for site in made:
        link.control.unregister(site.node.node_id)
        site.client.close()
