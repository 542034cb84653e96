"""What an outsider and another user of the centre's machine can do to a real SuperLink over TLS.

Each attack is run twice: against the centre as it is, and as a positive control against one without the defence.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.app.message import remove_content_from_message
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.common.serde import message_to_proto
from flwr.proto.control_pb2 import StartRunRequest
from flwr.proto.fab_pb2 import Fab
from flwr.proto.fleet_pb2 import ActivateNodeRequest, DeactivateNodeRequest, PushMessagesRequest
from flwr.proto.message_pb2 import PushObjectRequest
from flwr.proto.node_pb2 import Node
from flwr.serverapp import Grid
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supercore.protobuf.client import ProtobufRequestContext
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from glsmed.server.flower.control import Control
from glsmed.server.flower.doors.limits import Limits
from glsmed.server.flower.executor import RunTasks
from glsmed.server.flower.store_grid import StoreGrid
from glsmed.server.folders.authority import issuing
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.pki import CertificateFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import QUIET_FLOWER, Child, free_port, start_child, stop_children
from glsmed.shared.protocol.bundle import bundle_bytes
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from tests.server.flower.conftest import Site, array_of

from .superlink_program import DEFENCES

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

PROJECT = Path(__file__).resolve().parents[2]
MOST_MB = 100  # above idle, whatever is sent
START_SECONDS = 300
REST_SECONDS = 20
SILENT = 160  # connections
ADDRESSES = tuple(f"127.0.0.{number}" for number in range(1, 6))
NOBODY = 65534
Record = Callable[[str, object], None]


def greeting(ca: Path, certificate: bytes | None, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    """TLS that trusts an authority and shows a certificate; None: none."""
    context = ssl.create_default_context(cafile=str(ca))
    if certificate is not None:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.NamedTemporaryFile() as chain:
            chain.write(certificate + pem)
            chain.flush()
            context.load_cert_chain(chain.name)
    return context


@dataclass
class Centre:
    """A SuperLink that runs, and a site whose key it has admitted.

    Attributes:
        stranger: a key that has a certificate of the study, and is not admitted any more: who holds it comes farthest.
    """

    folder: StudyFolder
    process: Child
    key: ec.EllipticCurvePrivateKey
    stranger: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))

    @property
    def trusted(self) -> ssl.SSLContext:
        """How an attacker greets the centre."""
        return self.greeting(self.stranger)

    def greeting(self, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
        """TLS with a certificate of the study for a key."""
        return greeting(self.ca, self.folder.certificates.issue_site(key.public_key(), site="a"), key)

    @property
    def ca(self) -> Path:
        return self.folder.certificates.ca_certificate

    @property
    def port(self) -> int:
        return self.folder.study().centre.port

    @property
    def loopback_port(self) -> int:
        return self.folder.study().centre.loopback_port

    def connect(self, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection to the public port."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(source, 0))
        return self.trusted.wrap_socket(plain, server_hostname="localhost")

    def send(
        self,
        path: str,
        body: bytes,
        *,
        greeting: ssl.SSLContext | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int | None:
        """Send a request, by default without a key; its answer's status, None if the connection was cut before."""
        trusted = greeting or self.trusted
        with suppress(httpx.TransportError, ssl.SSLError), httpx.Client(verify=trusted, timeout=120) as client:
            url, kind = f"https://localhost:{self.port}{path}", {"content-type": "application/protobuf"}
            return client.post(url, content=body, headers={**kind, **(headers or {})}).status_code
        return None

    @contextmanager
    def site(self) -> Iterator[Site]:
        """The site, connected to the public port."""
        with FleetHttpClient.from_server_address(
            f"localhost:{self.port}",
            insecure=False,
            root_certificates=self.folder.certificates.ca_certificate.read_bytes(),
            interceptors=[
                RuntimeVersionHttpInterceptor(component_name="SuperNode"),
                NodeAuthHttpInterceptor(self.key, self.key.public_key()),
            ],
        ) as client:
            client._client.close()
            client._client = httpx.Client(verify=self.greeting(self.key), timeout=120)
            request = ActivateNodeRequest(
                public_key=public_key_to_bytes(self.key.public_key()), heartbeat_interval=60.0
            )
            node = Node(node_id=client.ActivateNode(request).node_id)
            try:
                yield Site(self.key, node, client)
            finally:
                with suppress(httpx.HTTPStatusError):  # a test has withdrawn it
                    client.DeactivateNode(DeactivateNodeRequest(node_id=node.node_id))

    def memory_mb(self, field: str) -> float:
        """``VmRSS`` or, since :meth:`growth_mb` began, ``VmHWM``."""
        lines = Path(f"/proc/{self.process.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024

    def _memory_at_rest_mb(self) -> float:
        """``VmRSS`` once it has been the same for half a second; as it is, if that takes long."""
        deadline, readings = time.monotonic() + REST_SECONDS, list[float]()
        while time.monotonic() < deadline and not (len(readings) == 6 and len(set(readings)) == 1):
            readings = [*readings[-5:], self.memory_mb("VmRSS")]
            time.sleep(0.1)
        return readings[-1]

    @contextmanager
    def growth_mb(self) -> Iterator[list[float]]:
        """Gets the highest memory during the block, above what it was before, once earlier work has come to its end."""
        before, grown = self._memory_at_rest_mb(), list[float]()
        Path(f"/proc/{self.process.process.pid}/clear_refs").write_text("5")
        yield grown
        grown.append(self.memory_mb("VmHWM") - before)


@contextmanager
def _running(*off: str) -> Iterator[Centre]:
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)  # what is private in it is so by itself
        folder = make_study_folder(
            Path(root) / "study",
            name="doubt",
            public_names=["localhost"],
            port=free_port(),
            loopback_port=free_port(),
        )
        folder.prepare_state()
        folder.renew_for_this_start(folder.study())
        child = start_child(
            "superlink",
            [sys.executable, "-m", "tests.attacks.superlink_program", str(folder.study_file), *off],
            log=folder.log("superlink"),
            environment={
                **QUIET_FLOWER,
                "FLWR_HOME": str(folder.flower_home),
                "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
                "MALLOC_ARENA_MAX": "2",
            },
        )
        try:
            yield _admit_one(folder, child)
        finally:
            stop_children([child])


def _admit_one(folder: StudyFolder, child: Child) -> Centre:
    written = generate_private_key()
    key = serialization.load_ssh_private_key(written, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    centre = Centre(folder, child, key)
    _wait_for(centre, f"https://127.0.0.1:{centre.loopback_port}/health")
    control = Control(folder.link_settings(folder.study()))
    control.register(make_request(written, site="a", study="doubt", study_digest="ab").public_key, site="a")
    control.close()
    child.process.send_signal(signal.SIGUSR1)
    _wait_for(centre, f"https://localhost:{centre.port}/health")
    return centre


def _wait_for(centre: Centre, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(url, verify=centre.trusted, timeout=30).is_success:
                return
        assert centre.process.is_running(), centre.process.log_tail()
        assert time.monotonic() < deadline, centre.process.log_tail()
        time.sleep(0.3)


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with _running() as made:
        yield made


@pytest.fixture(scope="module")
def open_centre() -> Iterator[Centre]:
    """One without defences."""
    with _running(*DEFENCES) as made:
        yield made


def _record(seed: int) -> RecordDict:
    model = np.random.default_rng(seed).integers(0, 256, 12_000_000, dtype=np.uint8)  # three parts
    return RecordDict({"model": ArrayRecord({"uint8": Array(model)})})


def _exchange(grid: StoreGrid, node: int) -> list[bytes]:
    """Send a model to a node; the models that come back."""
    grid._runtime_client._retry_invoker = None
    ids = grid.push_messages([Message(_record(1), node, "train", ttl=300.0)])
    deadline, replies = time.monotonic() + 200, list[Message]()
    while not replies and time.monotonic() < deadline:
        replies = list(grid.pull_messages(ids))
    return [array_of(reply, "uint8").data for reply in replies]


def test_the_doors_let_a_model_out_and_an_honest_update_in(centre: Centre) -> None:
    settings, came = centre.folder.link_settings(centre.folder.study()), list[bytes]()
    with closing(RunTasks(settings, incoming=centre.folder.incoming)) as tasks, centre.site() as site:
        with closing(Control(settings)) as control:
            control.start_run(bundle_bytes())

        def round_loop(grid: Grid) -> None:
            assert isinstance(grid, StoreGrid)
            came.extend(_exchange(grid, site.node.node_id))

        rounds = threading.Thread(target=tasks.run_next, args=(round_loop,), daemon=True)
        rounds.start()
        while (task := site.receive()) is None:
            assert rounds.is_alive()
        assert array_of(task, "uint8").data == array_of(Message(_record(1), 1, "train"), "uint8").data
        site.answer(task, _record(2))
        rounds.join(timeout=200)
    assert came == [array_of(Message(_record(2), 1, "train"), "uint8").data]


@contextmanager
def _peer(centre: Centre) -> Iterator[Site]:
    """A second admitted site, connected to the public port."""
    written = generate_private_key()
    key = serialization.load_ssh_private_key(written, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    with closing(Control(centre.folder.link_settings(centre.folder.study()))) as control:
        request = make_request(written, site="b", study="doubt", study_digest="ab")
        node = control.register(request.public_key, site="b")
        try:
            with replace(centre, key=key).site() as site:
                yield site
        finally:
            with suppress(FederationError):  # a test has withdrawn it
                control.unregister(node)


@contextmanager
def _run(centre: Centre) -> Iterator[int]:
    """The id of a run whose round loop sends nothing."""
    settings, over = centre.folder.link_settings(centre.folder.study()), threading.Event()
    with closing(RunTasks(settings, incoming=centre.folder.incoming)) as tasks:
        with closing(Control(settings)) as control:
            run = control.start_run(bundle_bytes())
        began = threading.Event()

        def round_loop(_: Grid) -> None:
            began.set()
            over.wait(timeout=200)

        rounds = threading.Thread(target=tasks.run_next, args=(round_loop,), daemon=True)
        rounds.start()
        assert began.wait(timeout=100)
        try:
            yield run
        finally:
            over.set()
            rounds.join(timeout=100)


def _speak_as_the_centre(peer: Site, victim: Site, run: int) -> None:
    """A peer's message that names the centre as its sender and another hospital as its receiver."""
    task = Message(RecordDict({"head": ConfigRecord({"protocol": 3})}), victim.node.node_id, "evaluate", ttl=300.0)
    changed = {"_run_id": run, "_src_node_id": SUPERLINK_NODE_ID, "_message_id": task.object_id}
    task.metadata.__dict__.update(changed)
    response = peer.client.PushMessages(
        PushMessagesRequest(
            node=peer.node,
            messages_list=[message_to_proto(remove_content_from_message(task))],
            message_object_trees=[get_object_tree(task)],
        )
    )
    for object_id, one in get_all_nested_objects(task).items():
        if object_id in response.objects_to_push:
            peer.client.PushObject(
                PushObjectRequest(
                    node=peer.node,
                    run_id=run,
                    object_id=object_id,
                    object_content=one.deflate(),
                    session_id=response.session_id,
                )
            )


def test_a_peer_cannot_speak_to_another_hospital(centre: Centre) -> None:
    with _run(centre) as run, centre.site() as victim, _peer(centre) as peer:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            _speak_as_the_centre(peer, victim, run)
        assert refused.value.response.status_code == 403
        assert victim.receive() is None


def test_control_without_the_answers_door_a_peer_speaks_as_the_centre(open_centre: Centre) -> None:
    with _run(open_centre) as run, open_centre.site() as victim, _peer(open_centre) as peer:
        _speak_as_the_centre(peer, victim, run)
        task = victim.receive()
        assert task is not None
        assert task.metadata.src_node_id == SUPERLINK_NODE_ID


def _tiny_messages(megabytes: int) -> bytes:
    """A request of as many empty messages as fit, of which each costs thirty times its size in memory."""
    number = PushMessagesRequest.DESCRIPTOR.fields_by_name["messages_list"].number
    return bytes([number << 3 | 2, 0]) * (megabytes * 2**20 // 2)


def _flood(centre: Centre, *, requests: int, megabytes: int) -> tuple[set[int | None], float]:
    """The answers to large requests at once without a key, and the memory they took."""
    body = _tiny_messages(megabytes)
    with centre.growth_mb() as grown, ThreadPoolExecutor(requests) as pool:
        answers = set(pool.map(lambda _: centre.send("/v1/fleet/push-messages", body), range(requests)))
    return answers, grown[0]


@pytest.mark.parametrize("megabytes", [1, 31])
def test_bodies_without_a_key_are_not_read(centre: Centre, megabytes: int, record_property: Record) -> None:
    answers, grown_mb = _flood(centre, requests=4, megabytes=megabytes)
    record_property("memory_mb", round(grown_mb, 1))
    assert answers <= {401, 413, None}
    assert grown_mb < MOST_MB / 4


def test_control_without_the_keys_door_two_requests_take_the_memory(
    open_centre: Centre, record_property: Record
) -> None:
    _, grown_mb = _flood(open_centre, requests=2, megabytes=4)
    record_property("memory_mb", round(grown_mb, 1))
    assert grown_mb > MOST_MB


GREETINGS = ("none", "of another authority", "of the server", "that has ended")


def _bad_greeting(centre: Centre, kind: str) -> ssl.SSLContext:
    """What somebody may show who has no certificate of a site."""
    key, certificates = centre.stranger, centre.folder.certificates
    if kind == "none":
        return greeting(centre.ca, None, key)
    if kind == "of the server":
        own = serialization.load_pem_private_key(certificates.server_key.read_bytes(), password=None)
        assert isinstance(own, ec.EllipticCurvePrivateKey)
        return greeting(centre.ca, certificates.server_certificate.read_bytes(), own)
    if kind == "of another authority":
        other = CertificateFolder(centre.folder.root / "other-pki")
        other.create(study="doubt", public_names=["localhost"])  # by its name it is the same
        return greeting(centre.ca, other.issue_site(key.public_key(), site="a"), key)
    with pytest.MonkeyPatch.context() as before:
        before.setattr(issuing, "_CLOCK_SKEW", timedelta(days=3))
        before.setattr(issuing, "_LEAF_VALIDITY", timedelta(days=-1))
        return greeting(centre.ca, certificates.issue_site(key.public_key(), site="a"), key)


@pytest.mark.parametrize("kind", GREETINGS)
def test_who_shows_no_certificate_of_a_site_is_not_heard(centre: Centre, kind: str) -> None:
    shown, body = _bad_greeting(centre, kind), _tiny_messages(1)
    with centre.growth_mb() as grown:
        assert centre.send("/health", b"", greeting=shown) is None
        assert centre.send("/v1/fleet/push-messages", body, greeting=shown, headers=_signed(centre.key)) is None
    assert grown[0] < MOST_MB / 10


@pytest.mark.parametrize("kind", GREETINGS)
def test_control_where_none_is_asked_for_everybody_is_heard(open_centre: Centre, kind: str) -> None:
    shown = _bad_greeting(open_centre, kind)
    assert open_centre.send("/health", b"", greeting=shown) in (200, 405)
    assert _is_known(open_centre, shown)


def _is_known(centre: Centre, shown: ssl.SSLContext) -> bool:
    """Whether the site's key is taken for the site's on such a connection; the impossible heartbeat changes nothing."""
    key = public_key_to_bytes(centre.key.public_key())
    body = ActivateNodeRequest(public_key=key, heartbeat_interval=0).SerializeToString()
    status = centre.send("/v1/fleet/activate-node", body, greeting=shown, headers=_signed(centre.key))
    assert status in (400, 401)
    return status == 400


def _signed(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The headers of a SuperNode with this key, signed now."""
    request = httpx.Request("POST", "https://localhost")
    context = ProtobufRequestContext(rpc_method="", message=ActivateNodeRequest(), request=request)
    NodeAuthHttpInterceptor(key, key.public_key()).intercept(context, lambda _: httpx.Response(200))
    return {name: value for name, value in request.headers.items() if name.startswith("flwr-")}


def test_what_a_site_has_signed_is_of_no_use_on_the_connection_of_another(centre: Centre) -> None:
    body = _tiny_messages(1)
    with centre.growth_mb() as grown:
        assert centre.send("/v1/fleet/push-messages", body, headers=_signed(centre.key)) == 401
    assert grown[0] < MOST_MB / 10
    assert not _is_known(centre, centre.trusted)
    assert _is_known(centre, centre.greeting(centre.key))


def test_a_withdrawn_site_greets_and_its_next_request_is_refused_unread(centre: Centre) -> None:
    with _peer(centre) as peer:
        assert peer.receive() is None
        with closing(Control(centre.folder.link_settings(centre.folder.study()))) as control:
            control.unregister(peer.node.node_id)
        shown, body = centre.greeting(peer.key), _tiny_messages(1)
        with centre.growth_mb() as grown:
            with pytest.raises(httpx.HTTPStatusError) as refused:
                peer.receive()  # on the connection that was open
            assert centre.send("/v1/fleet/push-messages", body, greeting=shown, headers=_signed(peer.key)) == 401
        assert refused.value.response.status_code == 401
        assert grown[0] < MOST_MB / 10


def _silent_connections(centre: Centre) -> tuple[int, float]:
    """How many half-sent requests are still open, and the memory they take, while the site is served."""
    opened: list[ssl.SSLSocket] = []
    with centre.growth_mb() as grown:
        for number in range(SILENT):
            opened.append(centre.connect(ADDRESSES[number % len(ADDRESSES)]))
            with suppress(OSError):
                opened[-1].sendall(b"GET /health HTTP/1.1\r\nx: " + b"y" * 15_000)
        with centre.site() as site:
            assert site.node.node_id
        still_open = sum(_is_open(one) for one in opened)
    for one in opened:
        one.close()
    return still_open, grown[0]


def _is_open(connection: ssl.SSLSocket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False


def test_silent_connections_are_few_and_small_and_keep_no_site_out(centre: Centre, record_property: Record) -> None:
    still_open, grown_mb = _silent_connections(centre)
    record_property("memory_mb", round(grown_mb, 1))
    record_property("still_open", still_open)
    assert still_open <= Limits().strangers
    assert grown_mb < MOST_MB


def test_control_without_limits_all_silent_connections_stay(open_centre: Centre, record_property: Record) -> None:
    still_open, grown_mb = _silent_connections(open_centre)
    record_property("memory_mb", round(grown_mb, 1))
    assert still_open == SILENT


def _ask_with(centre: Centre, headers: bytes) -> bytes:
    """The status line of an answer; empty if the connection was cut."""
    connection = centre.connect()
    connection.settimeout(60)
    with suppress(OSError), connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n" + headers + b"\r\n")
        return connection.recv(4096).split(b"\r\n")[0]
    return b""


HEADERS = {
    "one of 1 MB": b"x: " + b"y" * 2**20 + b"\r\n",
    "100,000 lines": b"".join(b"x%d: 1\r\n" % number for number in range(100_000)),
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_large_headers_are_refused(centre: Centre, headers: bytes) -> None:
    with centre.growth_mb() as grown:
        assert _ask_with(centre, headers) in (b"HTTP/1.1 431 Request Header Fields Too Large", b"")
    assert grown[0] < MOST_MB / 10


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_control_without_limits_large_headers_are_served(open_centre: Centre, headers: bytes) -> None:
    assert _ask_with(open_centre, headers) == b"HTTP/1.1 200 OK"


def _start_run(centre: Centre) -> int:
    """The id of a run that somebody without the centre's secret has started on the loopback port."""
    with ControlHttpClient.from_server_address(
        f"127.0.0.1:{centre.loopback_port}",
        insecure=False,
        root_certificates=centre.folder.certificates.ca_certificate.read_bytes(),
        interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr CLI")],
    ) as client:
        return client.StartRun(StartRunRequest(fab=Fab(content=bundle_bytes()))).run_id


def test_another_user_starts_no_run_on_the_loopback_port(centre: Centre) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        _start_run(centre)
    assert refused.value.response.status_code == 401
    with httpx.Client(verify=centre.trusted, timeout=60) as client:
        for path in ("/docs", "/openapi.json", "/v1/runtime/acquire-task"):
            assert client.get(f"https://127.0.0.1:{centre.loopback_port}{path}").status_code == 401


def test_control_without_the_token_another_user_starts_a_run(open_centre: Centre) -> None:
    assert _start_run(open_centre) > 0


def _read_as_nobody(root: Path) -> list[str]:
    """The files below ``root`` that a user without rights can read."""
    done = subprocess.run(
        ["find", str(root), "-type", "f", "-readable", "-printf", "%f\\n"],
        capture_output=True,
        text=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        check=False,  # it ends with an error where it may not look
    )
    return done.stdout.split()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_another_user_reads_nothing_of_the_study(centre: Centre) -> None:
    assert _read_as_nobody(centre.folder.root) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_control_in_an_open_folder_another_user_reads_what_is_not_private_by_itself(open_centre: Centre) -> None:
    open_centre.folder.root.chmod(0o755)
    read = _read_as_nobody(open_centre.folder.root)
    assert {"study.yaml", "superlink.log"} <= set(read)
    assert not {"ca.key", "server.key", "superexec.secret", "superlink.db"} & set(read)
