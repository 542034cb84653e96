"""The site's client of the centre: against Flower's own SuperLink, and against a stand-in for its faults."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    ActivateNodeResponse,
    DeactivateNodeResponse,
)
from flwr.proto.heartbeat_pb2 import SendNodeHeartbeatRequest
from flwr.supercore.retry import make_simple_http_retry_invoker
from flwr.supernode.fleet_http_client import FleetHttpClient

from glsmed.client.node.flower.centre_client import BoundedFleetClient, is_admitted, probe_centre
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.settings.enrolment import certificate_beside
from glsmed.server.flower.listeners import FleetOnly
from glsmed.shared.errors import DataError, FederationError
from glsmed.shared.protocol.enrolment import generate_private_key

from ..stand_ins import Authority, accepting, close_after_hello, public_key, serving, site


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


@pytest.mark.parametrize(
    ("kind", "raised"), [(BoundedFleetClient, httpx.ConnectError), (FleetHttpClient, httpx.HTTPStatusError)]
)
def test_a_fault_of_the_centre_is_waited_out_as_a_lost_connection_is(
    kind: type[FleetHttpClient], raised: type[httpx.HTTPError]
) -> None:
    """Flower waits out lost connections; its own client's error would end the thread that sends the heartbeats."""
    client = kind("http://centre")
    answer = httpx.Response(500, headers={"content-length": "0"})
    client._client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    with pytest.raises(raised, match="500"):
        client.SendNodeHeartbeat(SendNodeHeartbeatRequest())


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
        module = "glsmed.client.node.flower.centre_client"
        monkeypatch.setattr(f"{module}.read_authority", lambda _: b"")
        monkeypatch.setattr(f"{module}.centre_context", lambda *_: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
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


def test_the_site_shows_its_certificate_to_a_centre_that_asks_for_one(
    superlink: Any, authority: Authority, tmp_path: Path
) -> None:
    with serving(FleetOnly(superlink), authority.issue("127.0.0.1"), clients=authority) as port:
        settings = site(tmp_path, f"127.0.0.1:{port}", authority.certificate)
        assert not is_admitted(settings)  # it was answered
        certificate_beside(settings.private_key).unlink()
        with pytest.raises(DataError, match=r"site\.crt: no such file.*Send request\.yaml"):
            is_admitted(settings)


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
