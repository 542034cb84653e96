"""The check online, against real TLS servers; what it says of each fault on the way."""

import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.node import online_check
from glsmed.client.node.online_check import OnlineReport, check_online
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.settings.enrolment import certificate_beside
from glsmed.server.flower.listeners import FleetOnly
from glsmed.shared.protocol.enrolment import generate_private_key
from glsmed.shared.protocol.releases import RELEASE_HEADER, releases

from .conftest import LOOK_SECONDS
from .stand_ins import Authority, Centre, ConnectProxy, accepting, close_after_hello, public_key, serving, site

SAME = {f"{RELEASE_HEADER}{name}": release for name, release in releases().items()}


@pytest.fixture(autouse=True)
def _no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def _config(folder: Path, address: str, authority: Authority, *, proxy: str = "null") -> SiteConfig:
    (folder / "config.yaml").write_text(
        f'site: st-mary\ncentre: {{address: "{address}", ca_certificate: "{authority.certificate}", proxy: {proxy}}}\n'
        "data: {manifest: manifest.csv, adapter: en_radiology}\n"
    )
    config = load_site(folder / "config.yaml")
    config.state.prepare()
    config.key.parent.mkdir(exist_ok=True)
    config.key.write_bytes(generate_private_key())
    config.key.chmod(0o600)
    authority.certify(config.key)
    return config


def _check(config: SiteConfig, centre: Centre | None = None) -> OnlineReport:
    """The report; a given centre admits the site."""
    if centre is not None:
        centre.admitted.add(_public_key(config))
    return check_online(config, config_file=config.key.parent.parent / "config.yaml")


def _public_key(config: SiteConfig) -> bytes:
    (config.state_folder / "site.key").write_bytes(config.key.read_bytes())
    (config.state_folder / "site.key").chmod(0o600)
    return public_key(site(config.state_folder, config.centre.address, config.centre.ca_certificate))


def test_a_way_without_a_fault_is_described_fast_and_nothing_is_begun(tmp_path: Path, authority: Authority) -> None:
    centre = Centre(headers=SAME)
    with serving(centre.app(), authority.issue("localhost", "127.0.0.1")) as port:
        began = time.monotonic()
        report = _check(_config(tmp_path, f"localhost:{port}", authority), centre)
        assert time.monotonic() - began < LOOK_SECONDS / 2
    assert (report.faults, report.warnings) == ([], [])
    told = "\n".join(report.lines)
    assert "proxy none" in told
    assert "DNS localhost: " in told
    assert f"TCP localhost, port {port}: connected in" in told
    assert "TLS certificate for localhost, 127.0.0.1, issued by 'glsmed study doubt', expires in 299 days" in told
    assert "clock 0 s" in told or "clock 1 s" in told
    assert f"glsmed {releases()['glsmed']} here, {releases()['glsmed']} at the centre" in told
    assert "key admitted by the centre" in told
    assert centre.calls == ["health", "activate-node"]
    assert not (tmp_path / "state" / "node-id").exists()


def test_a_centre_of_this_release_tells_its_releases_and_its_key(
    tmp_path: Path, authority: Authority, superlink: Any
) -> None:
    """Flower's own SuperLink, as its public listener serves it."""
    with serving(FleetOnly(superlink), authority.issue("127.0.0.1")) as port:
        config = _config(tmp_path, f"127.0.0.1:{port}", authority)
        assert "key: the centre does not admit it" in _only_fault(_check(config))
        superlink.state.linkstate_factory.state().create_node("owner", "owner", _public_key(config), 0)
        report = _check(config)
    assert report.faults == []
    assert report.lines[-1] == "key admitted by the centre"
    assert all(
        f"{name} {release} here, {release} at the centre" in report.lines for name, release in releases().items()
    )


def _only_fault(report: OnlineReport) -> str:
    (fault,) = report.faults
    return fault


def test_a_name_that_is_not_known_is_said(tmp_path: Path, authority: Authority) -> None:
    fault = _only_fault(_check(_config(tmp_path, "no-such-centre.invalid:8443", authority)))
    assert "DNS: no-such-centre.invalid is not known here" in fault
    assert "check centre.address" in fault


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr(online_check, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    fault = _only_fault(_check(_config(tmp_path, "centre.test:8443", authority)))
    assert "DNS: no answer about centre.test" in fault


def test_a_port_where_nobody_listens_is_said(tmp_path: Path, authority: Authority) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        fault = _only_fault(_check(_config(tmp_path, f"127.0.0.1:{port}", authority)))
    assert f"TCP: 127.0.0.1, port {port}: Connection refused" in fault
    assert "allow outbound TCP" in fault


def test_a_load_balancer_without_its_centre_is_said(tmp_path: Path, authority: Authority) -> None:
    with accepting(close_after_hello) as port:
        fault = _only_fault(_check(_config(tmp_path, f"127.0.0.1:{port}", authority)))
    assert "the connection was closed while it was being secured" in fault


def test_an_expired_certificate_is_said_and_one_that_soon_will_be(tmp_path: Path, authority: Authority) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1", valid_until=-timedelta(hours=1))) as port:
        assert "has to renew" in _only_fault(_check(_config(tmp_path, f"127.0.0.1:{port}", authority)))
    centre = Centre()
    with serving(centre.app(), authority.issue("127.0.0.1", valid_until=timedelta(days=3, hours=1))) as port:
        report = _check(_config(tmp_path, f"127.0.0.1:{port}", authority), centre)
    assert report.faults == []
    assert report.warnings == ["the centre's certificate expires in 3 days: ask the centre to renew it"]


@pytest.mark.parametrize("ahead", [600, -600])
def test_a_clock_that_is_off_is_the_only_fault(tmp_path: Path, authority: Authority, ahead: float) -> None:
    centre = Centre(ahead=ahead)
    with serving(centre.app(), authority.issue("127.0.0.1")) as port:
        fault = _only_fault(_check(_config(tmp_path, f"127.0.0.1:{port}", authority), centre))
    assert "clock: this machine's clock is 10 minutes" in fault


def test_a_clock_that_is_off_a_little_is_a_warning(tmp_path: Path, authority: Authority) -> None:
    centre = Centre(ahead=60)
    with serving(centre.app(), authority.issue("127.0.0.1")) as port:
        report = _check(_config(tmp_path, f"127.0.0.1:{port}", authority), centre)
    assert report.faults == []
    told = report.warnings[0]  # the answer's date has whole seconds, cut off
    assert "clock is 60 s behind" in told or "clock is 59 s behind" in told


@pytest.mark.parametrize(("name", "release"), [("glsmed", "9.9.9"), ("flwr", "1.99.0")])
def test_another_release_at_the_centre_is_a_fault(
    tmp_path: Path, authority: Authority, name: str, release: str
) -> None:
    centre = Centre(headers={**SAME, f"{RELEASE_HEADER}{name}": release})
    with serving(centre.app(), authority.issue("127.0.0.1")) as port:
        report = _check(_config(tmp_path, f"127.0.0.1:{port}", authority), centre)
    assert f"{name}: expected the centre's release {release}, got {releases()[name]}" in _only_fault(report)
    assert "key admitted by the centre" in report.lines


def test_a_key_that_is_not_admitted_is_said(tmp_path: Path, authority: Authority) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1")) as port:
        fault = _only_fault(_check(_config(tmp_path, f"127.0.0.1:{port}", authority)))
    assert fault.startswith("key: the centre does not admit it. Send request.yaml")


def test_a_key_that_was_withdrawn_is_said(tmp_path: Path, authority: Authority) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1")) as port:
        config = _config(tmp_path, f"127.0.0.1:{port}", authority)
        config.state.node_id.write_text("42\n")
        assert "that was withdrawn or you have made a new one" in _only_fault(_check(config))


def test_a_site_that_has_not_enrolled_yet_can_try_the_way(tmp_path: Path, authority: Authority) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1")) as port:
        config = _config(tmp_path, f"127.0.0.1:{port}", authority)
        config.key.unlink()
        certificate_beside(config.key).unlink()
        report = _check(config)
    assert report.faults == []
    assert report.lines[-1].startswith("key none yet, and so no certificate")


def test_a_site_without_its_certificate_is_told_of_it_after_all_that_can_be_seen_without(
    tmp_path: Path, authority: Authority
) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1"), clients=authority) as port:
        config = _config(tmp_path, f"127.0.0.1:{port}", authority)
        certificate_beside(config.key).unlink()
        report = _check(config)
    assert report.lines[-1].startswith("TLS certificate for 127.0.0.1")
    assert [fault.partition(": ")[0] for fault in report.faults] == [str(certificate_beside(config.key))]


def test_a_centre_that_asks_for_certificates_is_seen_with_the_sites_own(tmp_path: Path, authority: Authority) -> None:
    centre = Centre(headers=SAME)
    with serving(centre.app(), authority.issue("127.0.0.1"), clients=authority) as port:
        report = _check(_config(tmp_path, f"127.0.0.1:{port}", authority), centre)
    assert (report.faults, report.warnings) == ([], [])
    assert report.lines[-1] == "key admitted by the centre"


def test_through_a_proxy_the_first_hop_is_the_proxy_and_its_password_is_not_shown(
    tmp_path: Path, authority: Authority
) -> None:
    centre, proxy = Centre(), ConnectProxy(login="nurse:s3cret")
    with serving(centre.app(), authority.issue("localhost")) as port, accepting(proxy) as proxy_port:
        url = f"http://nurse:s3cret@127.0.0.1:{proxy_port}"
        report = _check(_config(tmp_path, f"localhost:{port}", authority, proxy=f'"{url}"'), centre)
    assert report.faults == []
    told = "\n".join([*report.lines, *report.warnings])
    assert f"proxy http://127.0.0.1:{proxy_port} (centre.proxy)" in told
    assert f"TCP 127.0.0.1, port {proxy_port}: connected" in told
    assert "chmod 600" in told
    assert "s3cret" not in told


def test_a_password_in_a_private_file_is_no_warning(tmp_path: Path, authority: Authority) -> None:
    config = _config(tmp_path, "centre.test:8443", authority, proxy='"http://nurse:s3cret@127.0.0.1:1"')
    (tmp_path / "config.yaml").chmod(0o600)
    assert _check(config).warnings == []


def test_a_missing_authority_is_a_fault(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path / "other")
    with serving(Centre().app(), authority.issue("127.0.0.1")) as port:
        config = _config(tmp_path, f"127.0.0.1:{port}", other)
        other.certificate.unlink()
        assert "no such file; the centre sends it" in _only_fault(_check(config))
