import socket
import ssl
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from glsmed.client.node.proxy import Proxy, centre_client
from glsmed.client.settings.config import CentreAddress
from glsmed.shared.errors import FederationError

from .stand_ins import Authority, Centre, ConnectProxy, accepting, serving

VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
LOGIN_URL = "http://nurse:s3cret@proxy.test:3128"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


def _to(address: str, proxy: str | None = None) -> Proxy | None:
    return Proxy.to(CentreAddress(address=address, proxy=None if proxy is None else SecretStr(proxy)))


def test_without_any_setting_the_way_is_straight(environment: pytest.MonkeyPatch) -> None:
    assert _to("centre.test:8443") is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_is_read_as_httpx_reads_it(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, "proxy.test:3128")
    proxy = _to("centre.test:8443")
    assert proxy is not None
    assert (proxy.name, proxy.source) == ("http://proxy.test:3128", "HTTPS_PROXY")
    theirs = httpx.Client()._transport_for_url(httpx.URL("https://centre.test:8443"))
    assert theirs._pool._proxy_url.host == b"proxy.test"  # type: ignore[attr-defined]  # the reference is httpx itself


@pytest.mark.parametrize(
    ("address", "no_proxy"),
    [
        ("centre.test:8443", "centre.test"),
        ("centre.test:8443", "other.test, .test"),
        ("[::1]:8443", "::1"),
        ("10.0.0.7:8443", "10.0.0.7"),
        ("centre.test:8443", "*"),
    ],
)
def test_no_proxy_goes_straight(environment: pytest.MonkeyPatch, address: str, no_proxy: str) -> None:
    environment.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    assert _to(address) is not None
    environment.setenv("NO_PROXY", no_proxy)
    assert _to(address) is None


def test_the_sites_own_setting_outranks_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://other.test:1")
    environment.setenv("NO_PROXY", "*")
    proxy = _to("centre.test:8443", "socks5h://proxy.test")
    assert proxy is not None
    assert (proxy.name, proxy.source) == ("socks5h://proxy.test:1080", "centre.proxy")


def test_a_proxy_of_the_environment_that_cannot_be_used_is_said_without_its_password(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("HTTPS_PROXY", "ftp://nurse:s3cret@proxy.test")
    with pytest.raises(FederationError, match="HTTPS_PROXY in the environment: expected http://host:port") as fault:
        _to("centre.test:8443")
    assert "s3cret" not in str(fault.value)


def test_user_and_password_are_never_shown() -> None:
    proxy = Proxy(LOGIN_URL)
    assert proxy.holds_password
    for shown in (proxy.name, repr(proxy), str(proxy), repr(proxy.for_httpx()), repr(SecretStr(LOGIN_URL))):
        assert "s3cret" not in shown


def test_a_client_goes_the_way_that_was_chosen_whatever_the_environment_says(
    tmp_path: Path, authority: Authority, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with (
        serving(Centre().app(), authority.issue("127.0.0.1")) as port,
        centre_client(context, None, timeout=60) as client,
    ):
        assert client.get(f"https://127.0.0.1:{port}/health").status_code == 200


def test_a_proxy_that_speaks_tls_itself_is_held_to_what_this_machine_trusts(
    tmp_path: Path, authority: Authority, environment: pytest.MonkeyPatch
) -> None:
    hospital = Authority(tmp_path, "Hospital")
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(*hospital.issue("localhost"))
    proxy = ConnectProxy()

    def secured(connection: socket.socket) -> None:
        with inside.wrap_socket(connection, server_side=True) as near:
            proxy(near)

    context = ssl.create_default_context(cafile=str(authority.certificate))
    with serving(Centre().app(), authority.issue("127.0.0.1")) as port, accepting(secured) as proxy_port:
        way = Proxy(f"https://localhost:{proxy_port}")
        with (
            centre_client(context, way, timeout=60) as client,
            pytest.raises(httpx.ConnectError, match="VERIFY_FAILED"),
        ):
            client.get(f"https://127.0.0.1:{port}/health")
        environment.setenv("SSL_CERT_FILE", str(hospital.certificate))
        with centre_client(context, way, timeout=60) as client:
            assert client.get(f"https://127.0.0.1:{port}/health").status_code == 200
    assert proxy.asked == [f"127.0.0.1:{port}"]
