"""Contract tests: the requests and answers of Flower's Control API; tests/federation asks a real SuperLink."""

from pathlib import Path

import httpx
import pytest
from flwr.proto.control_pb2 import ListNodesRequest, ListNodesResponse, RegisterNodeRequest, RegisterNodeResponse
from flwr.proto.node_pb2 import NodeInfo

from glsmed.server.flower.control import Control, LinkNode, RegistrationRefusedError, node_key
from glsmed.server.flower.settings import LinkSettings
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.enrolment import generate_private_key, make_request

KEY = make_request(generate_private_key(), site="a", study="b", study_digest="c").public_key


def test_node_key_is_the_form_that_flower_compares() -> None:
    assert node_key(KEY).startswith(b"-----BEGIN PUBLIC KEY-----")


class FakeClient:
    """Answers as Flower's client does."""

    status = httpx.codes.OK
    body = ""

    def ListNodes(self, _: ListNodesRequest) -> ListNodesResponse:  # noqa: N802  # Flower's name
        nodes = [
            NodeInfo(node_id=2**63 + 1, name="a", public_key=node_key(KEY), status=status)
            for status in ("registered", "online", "offline", "unregistered")
        ]
        return ListNodesResponse(nodes_info=nodes)

    def RegisterNode(self, request: RegisterNodeRequest) -> RegisterNodeResponse:  # noqa: N802  # Flower's name
        response = httpx.Response(self.status, text=self.body, request=httpx.Request("POST", "https://localhost"))
        response.raise_for_status()
        return RegisterNodeResponse(node_id=7)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient()
    monkeypatch.setattr(
        "glsmed.server.flower.control.ControlHttpClient.from_server_address", lambda **_: fake, raising=True
    )
    return fake


@pytest.fixture
def control(client: FakeClient, tmp_path: Path) -> Control:
    certificates = CertificateFolder(tmp_path)
    certificates.create(study="doubt", public_names=["localhost"])
    (tmp_path / "secret").write_text("a secret of this test")
    settings = LinkSettings(
        public_host="127.0.0.1",
        public_port=8443,
        loopback_port=8440,
        ca_certificate=certificates.ca_certificate,
        server_certificate=certificates.server_certificate,
        server_key=certificates.server_key,
        database=tmp_path / "link.db",
        superexec_secret=tmp_path / "secret",
    )
    return Control(settings)


def test_nodes_with_withdrawn_keys_are_listed_as_such(control: Control) -> None:
    stays = LinkNode(2**63 + 1, "a", KEY)
    assert control.nodes() == [stays, stays, stays, LinkNode(2**63 + 1, "a", KEY, is_withdrawn=True)]


def test_a_registered_key_has_a_node_id(control: Control) -> None:
    assert control.register(KEY, site="a") == 7


@pytest.mark.parametrize(
    ("body", "said"), [('{"code": 23, "detail": "Public key already in use."}', "already in use"), ("no", "HTTP 412")]
)
def test_a_refused_key_is_not_a_broken_link(client: FakeClient, control: Control, body: str, said: str) -> None:
    client.status, client.body = httpx.codes.PRECONDITION_FAILED, body
    with pytest.raises(RegistrationRefusedError, match=said):
        control.register(KEY, site="a")


def test_a_broken_link_is_not_a_refused_key(client: FakeClient, control: Control) -> None:
    client.status = httpx.codes.BAD_GATEWAY
    with pytest.raises(FederationError, match="cannot register the key of a") as caught:
        control.register(KEY, site="a")
    assert type(caught.value) is FederationError
