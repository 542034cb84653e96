"""What a probe says and whether it gives up, with real sockets at the centre's address and on the way there."""

import gc
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flwr.proto.fleet_pb2 import DeactivateNodeRequest
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from glsmed.client.node.connection_faults import (
    OutsideFaultError,
    clock_in_words,
    clock_is_refused,
    explain,
    is_given_up_too_early,
)
from glsmed.client.node.flower.centre_client import fleet_client_through, probe_centre
from glsmed.client.node.supervisor import wait_for_centre
from glsmed.client.settings.enrolment import read_private_key
from glsmed.shared.errors import FederationError

from .stand_ins import (
    DAY,
    NODE_ID,
    Authority,
    Centre,
    ConnectProxy,
    Handler,
    SocksProxy,
    accepting,
    close_after_hello,
    public_key,
    reset,
    serving,
    site,
    speak_plain_http,
)

HAS_IPV6 = socket.has_ipv6 and Path("/proc/net/if_inet6").exists() and Path("/proc/net/if_inet6").read_text() != ""
STAND_INS: list[tuple[Handler, str]] = [
    (close_after_hello, "the connection was closed while it was being secured"),
    (reset, "Connection reset by peer"),
    (speak_plain_http, "what answers there does not speak TLS"),
]


def _settled(folder: Path, centre: Centre, address: str, authority: Authority, proxy: str = "") -> Any:
    settings = site(folder, address, authority.certificate, proxy=proxy)
    centre.admitted.add(public_key(settings))
    return settings


@pytest.mark.parametrize(("handler", "words"), STAND_INS)
def test_what_stands_before_a_centre_that_is_down_is_waited_out(
    tmp_path: Path, authority: Authority, handler: Handler, words: str
) -> None:
    with accepting(handler) as port, pytest.raises(ConnectionError, match=words):
        probe_centre(site(tmp_path, f"127.0.0.1:{port}", authority.certificate))


@pytest.mark.parametrize(("handler", "words"), STAND_INS)
def test_a_client_goes_on_once_the_centre_is_back(
    tmp_path: Path, authority: Authority, handler: Handler, words: str
) -> None:
    centre, lines = Centre(), list[str]()
    with accepting(handler) as port:
        settings = _settled(tmp_path, centre, f"127.0.0.1:{port}", authority)
        with pytest.raises(InterruptedError):
            wait_for_centre(settings, tell=lines.append, sleep=_interrupt)
    with serving(centre.app(), authority.issue("127.0.0.1"), port=port):
        wait_for_centre(settings, tell=lines.append, sleep=_interrupt)
    assert words in lines[0]
    assert settings.node_id_file.read_text() == f"{NODE_ID}\n"
    assert centre.calls == ["activate-node", "deactivate-node"]


def _interrupt(_: float) -> None:
    raise InterruptedError


def _caused_by(error: Exception) -> httpx.ConnectError:
    outer = httpx.ConnectError(str(error))
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "given_up"),
    [
        (httpx.ProxyError("502 Bad Gateway"), True),
        (httpx.ProxyError("503 Service Unavailable"), True),
        (httpx.ProxyError("Proxy Server could not connect: Connection refused."), True),
        (_caused_by(ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING]")), True),
        (httpx.ProxyError("403 Forbidden"), False),
        (httpx.ProxyError("407 Proxy Authentication Required"), False),
        (_caused_by(ssl.SSLCertVerificationError("certificate verify failed")), False),
        (_caused_by(ConnectionResetError("Connection reset by peer")), False),
    ],
)
def test_flower_is_kept_from_giving_up_where_waiting_helps(error: httpx.TransportError, given_up: bool) -> None:
    assert is_given_up_too_early(error) == given_up


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "words"),
    [
        (-30 * DAY, -2 * DAY, "the centre has to renew it"),
        (2 * DAY, 30 * DAY, "the centre has to renew it"),
    ],
)
def test_a_certificate_out_of_its_days_names_them(
    tmp_path: Path, authority: Authority, valid_from: timedelta, valid_until: timedelta, words: str
) -> None:
    files = authority.issue("127.0.0.1", valid_from=valid_from, valid_until=valid_until)
    with serving(Centre().app(), files) as port, pytest.raises(OutsideFaultError) as fault:
        probe_centre(site(tmp_path, f"127.0.0.1:{port}", authority.certificate))
    assert "did not prove that it is the study's centre: its certificate is valid from 20" in str(fault.value)
    assert words in str(fault.value)


def test_a_certificate_out_of_its_days_because_of_this_clock_names_the_clock(
    tmp_path: Path, authority: Authority
) -> None:
    files = authority.issue("127.0.0.1", valid_from=2 * DAY, valid_until=30 * DAY)
    centre = Centre(ahead=3 * 86400)
    with (
        serving(centre.app(), files) as port,
        pytest.raises(OutsideFaultError, match=r"this machine's clock is 4320 minutes behind.*set this machine"),
    ):
        probe_centre(site(tmp_path, f"127.0.0.1:{port}", authority.certificate))


def test_a_renewed_certificate_of_the_same_authority_needs_nothing_at_the_site(
    tmp_path: Path, authority: Authority
) -> None:
    centre, lines = Centre(), list[str]()
    with serving(centre.app(), authority.issue("127.0.0.1", valid_until=-timedelta(minutes=1))) as port:
        settings = _settled(tmp_path, centre, f"127.0.0.1:{port}", authority)
        with pytest.raises(InterruptedError):
            wait_for_centre(settings, tell=lines.append, has_taken_part=True, sleep=_interrupt)
    assert "the centre has to renew it" in lines[0]
    with serving(centre.app(), authority.issue("127.0.0.1"), port=port):
        wait_for_centre(settings, tell=lines.append, has_taken_part=True, sleep=_interrupt)
    assert len(lines) == 1


def test_a_client_that_starts_is_told_of_an_expired_certificate_at_once(tmp_path: Path, authority: Authority) -> None:
    with (
        serving(Centre().app(), authority.issue("127.0.0.1", valid_until=-timedelta(minutes=1))) as port,
        pytest.raises(OutsideFaultError),
    ):
        wait_for_centre(
            site(tmp_path, f"127.0.0.1:{port}", authority.certificate), tell=lambda _: None, sleep=_interrupt
        )


def test_another_name_says_for_which_the_certificate_is(tmp_path: Path, authority: Authority) -> None:
    with (
        serving(Centre().app(), authority.issue("centre.example.org", "10.0.0.7")) as port,
        pytest.raises(FederationError, match=r"is for centre\.example\.org, 10\.0\.0\.7: correct centre\.address") as e,
    ):
        probe_centre(site(tmp_path, f"127.0.0.1:{port}", authority.certificate))
    assert not isinstance(e.value, OutsideFaultError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Hospital Web Gateway", "issued by 'Hospital Web Gateway'.*a proxy between you and the centre opens TLS"),
        ("glsmed study other", "issued by 'glsmed study other', not by 'glsmed study doubt'; check centre.address"),
        ("glsmed study doubt", "another key of 'glsmed study doubt': the centre has made a new authority"),
    ],
)
def test_another_authority_is_final_and_named(tmp_path: Path, authority: Authority, name: str, words: str) -> None:
    other = Authority(tmp_path / "other", name)
    with (
        serving(Centre().app(), other.issue("127.0.0.1")) as port,
        pytest.raises(FederationError, match=words) as fault,
    ):
        probe_centre(site(tmp_path, f"127.0.0.1:{port}", authority.certificate))
    assert not isinstance(fault.value, OutsideFaultError)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (600, "this machine's clock is 10 minutes behind"),
        (-600, "this machine's clock is 10 minutes ahead of"),
        (-60, r"this machine's clock is 6\d s ahead of"),
    ],
)
def test_a_clock_that_is_off_is_said_and_not_the_key(
    tmp_path: Path, authority: Authority, ahead: float, words: str
) -> None:
    centre = Centre(ahead=ahead)
    with serving(centre.app(), authority.issue("127.0.0.1")) as port:
        settings = _settled(tmp_path, centre, f"127.0.0.1:{port}", authority)
        with pytest.raises(OutsideFaultError, match=words) as fault:
            probe_centre(settings)
    assert "does not admit" not in str(fault.value)


def test_a_clock_within_the_centres_limits_is_admitted(tmp_path: Path, authority: Authority) -> None:
    centre = Centre(ahead=200)
    with serving(centre.app(), authority.issue("127.0.0.1")) as port:
        probe_centre(_settled(tmp_path, centre, f"127.0.0.1:{port}", authority))


@pytest.mark.parametrize(("ahead", "refused"), [(0, False), (4, False), (6, True), (-299, False), (-301, True)])
def test_the_limits_of_clocks_are_flowers(ahead: float, refused: bool) -> None:
    assert clock_is_refused(ahead) == refused


def test_small_differences_of_clocks_are_said_in_seconds() -> None:
    assert clock_in_words(-90).startswith("this machine's clock is 90 s behind")


PROXIES: list[tuple[str, Callable[..., Any]]] = [
    ("http", ConnectProxy),
    ("socks5", SocksProxy),
    ("socks5h", SocksProxy),
]


@pytest.mark.parametrize(("scheme", "kind"), PROXIES)
@pytest.mark.parametrize("login", ["", "nurse:s3cr%3At"])
def test_a_site_reaches_the_centre_through_its_proxy_with_tls_all_the_way(
    tmp_path: Path, authority: Authority, scheme: str, kind: Callable[..., Any], login: str
) -> None:
    centre, proxy = Centre(), kind(login=login.replace("%3A", ":"))
    with serving(centre.app(), authority.issue("localhost")) as port, accepting(proxy) as proxy_port:
        user = f"{login}@" if login else ""
        url = f"{scheme}://{user}127.0.0.1:{proxy_port}"
        probe_centre(_settled(tmp_path, centre, f"localhost:{port}", authority, url))
    assert set(proxy.asked) == {f"localhost:{port}"}  # the proxy looks the name up
    assert centre.calls == ["activate-node", "deactivate-node"]


@pytest.fixture
def _sockets_collected() -> Iterator[None]:
    """httpcore leaves the socket of a refused SOCKS connection to the garbage collector: let it run here."""
    yield
    gc.collect()


refused_by_socks = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


def _probe_far_centre(folder: Path, authority: Authority, proxy: str) -> None:
    """Where only a proxy knows the centre's name."""
    probe_centre(site(folder, "centre.test:8443", authority.certificate, proxy=proxy))


@refused_by_socks
@pytest.mark.usefixtures("_sockets_collected")
@pytest.mark.parametrize(
    ("scheme", "proxy", "words"),
    [
        ("http", ConnectProxy(login="nurse:right"), "asks who we are .407.*user:password@"),
        ("http", ConnectProxy(status="403 Forbidden"), "does not let this site connect to centre.test:8443.*CONNECT"),
        ("socks5", SocksProxy(login="nurse:right"), "asks who we are .Invalid username/password"),
        ("socks5", SocksProxy(login="nurse:s3cret", reply=2), "does not let this site connect to centre.test:8443"),
    ],
)
def test_a_proxy_that_refuses_is_named_with_the_remedy_and_without_the_password(
    tmp_path: Path, authority: Authority, scheme: str, proxy: Handler, words: str
) -> None:
    with accepting(proxy) as port, pytest.raises(OutsideFaultError, match=words) as fault:
        _probe_far_centre(tmp_path, authority, f"{scheme}://nurse:s3cret@127.0.0.1:{port}")
    assert f"{scheme}://127.0.0.1:{port}" in str(fault.value)
    assert "s3cret" not in str(fault.value)


@refused_by_socks
@pytest.mark.usefixtures("_sockets_collected")
@pytest.mark.parametrize(
    ("scheme", "proxy", "words"),
    [
        ("http", ConnectProxy(status="502 Bad Gateway"), "does not reach it: 502 Bad Gateway"),
        ("socks5", SocksProxy(reply=5), "does not reach it: .*Connection refused"),
        ("socks5", close_after_hello, "the proxy socks5://127.0.0.1.* does not reach it: it broke off"),
        ("http", close_after_hello, "through the proxy http://127.0.0.1"),
    ],
)
def test_a_proxy_that_does_not_reach_the_centre_is_waited_out(
    tmp_path: Path, authority: Authority, scheme: str, proxy: Handler, words: str
) -> None:
    with accepting(proxy) as port, pytest.raises(ConnectionError, match=words):
        _probe_far_centre(tmp_path, authority, f"{scheme}://127.0.0.1:{port}")


def test_a_proxy_that_opens_tls_is_named(tmp_path: Path, authority: Authority) -> None:
    gateway = Authority(tmp_path / "gateway", "Hospital Web Gateway")
    with (
        serving(Centre().app(), gateway.issue("centre.test")) as inside,
        accepting(ConnectProxy(instead=inside)) as port,
        pytest.raises(FederationError, match=r"'Hospital Web Gateway'.*between you and the centre opens TLS"),
    ):
        _probe_far_centre(tmp_path, authority, f"http://127.0.0.1:{port}")


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
def test_an_ipv6_address_is_reached(tmp_path: Path, authority: Authority) -> None:
    centre = Centre()
    with serving(centre.app(), authority.issue("::1"), host="::1") as port:
        probe_centre(_settled(tmp_path, centre, f"[::1]:{port}", authority))
    assert centre.calls == ["activate-node", "deactivate-node"]


def test_the_centres_name_is_looked_up_again_at_each_connection(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One client, as the SuperNode has it for weeks; the name moves from one address to another."""
    homes = ["127.0.0.2"]
    real = socket.getaddrinfo

    def moving(host: Any, *rest: Any, **named: Any) -> Any:
        return real(homes[-1] if host in ("centre.test", b"centre.test") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", moving)
    files, context = authority.issue("centre.test"), ssl.create_default_context(cafile=str(authority.certificate))
    with serving(Centre().app(), files, host="127.0.0.2") as port:
        settings = site(tmp_path, f"centre.test:{port}", authority.certificate)
        key = read_private_key(settings.private_key)
        client = fleet_client_through(None, lambda: context)(
            f"https://centre.test:{port}",
            verify=context,
            interceptors=[NodeAuthHttpInterceptor(key, key.public_key())],
        )
        client.DeactivateNode(DeactivateNodeRequest(node_id=NODE_ID))
    homes.append("127.0.0.3")
    moved = Centre()
    with client, serving(moved.app(), files, host="127.0.0.3", port=port):
        client.DeactivateNode(DeactivateNodeRequest(node_id=NODE_ID))
    assert moved.calls == ["deactivate-node"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ReadTimeout(""), r"no answer in time \(ReadTimeout\)"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "Connection refused"),
        (httpx.RemoteProtocolError("Server disconnected"), "Server disconnected"),
    ],
)
def test_other_faults_keep_their_own_words(
    tmp_path: Path, authority: Authority, error: httpx.TransportError, words: str
) -> None:
    explained = explain(error, site(tmp_path, "centre.test:8443", authority.certificate))
    assert isinstance(explained, ConnectionError)
    with pytest.raises(ConnectionError, match=words):
        raise explained


def test_a_name_that_is_not_known_is_said(tmp_path: Path, authority: Authority) -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    explained = explain(error, site(tmp_path, "centre.test:8443", authority.certificate))
    assert str(explained) == "its name is not known here: Name or service not known"
