"""The site's end of TLS: what it shows, and what it says where it has nothing good to show."""

import ssl
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from glsmed.client.node.centre_context import centre_context
from glsmed.client.node.connection_faults import OutsideFaultError
from glsmed.client.node.proxy import centre_client
from glsmed.shared.errors import DataError

from .stand_ins import Authority, Centre, serving, site


def _ask(port: int, context: ssl.SSLContext) -> int:
    with centre_client(context, None, timeout=60) as client:
        return client.get(f"https://127.0.0.1:{port}/health").status_code


def test_a_centre_that_asks_is_shown_the_sites_certificate(tmp_path: Path, authority: Authority) -> None:
    with serving(Centre().app(), authority.issue("127.0.0.1"), clients=authority) as port:
        settings = site(tmp_path, f"127.0.0.1:{port}", authority.certificate)
        assert _ask(port, centre_context(settings.ca_certificate, settings.private_key)) == 200
        with pytest.raises(httpx.TransportError):
            _ask(port, ssl.create_default_context(cafile=str(settings.ca_certificate)))


def test_the_key_is_never_on_disk_in_the_clear(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(
        ssl.SSLContext, "load_cert_chain", lambda _, file, password: seen.append(Path(file).read_bytes())
    )
    settings = site(tmp_path, "127.0.0.1:1", authority.certificate)
    centre_context(settings.ca_certificate, settings.private_key)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in seen[0]
    assert b"BEGIN PRIVATE KEY" not in seen[0]


def test_one_that_has_ended_is_for_the_centre_to_renew(tmp_path: Path, authority: Authority) -> None:
    settings = site(tmp_path, "127.0.0.1:1", authority.certificate)
    authority.certify(settings.private_key, valid_until=timedelta(days=-1) / 2)
    with pytest.raises(OutsideFaultError, match=r"certificate ended on .*flwr-server certify"):
        centre_context(settings.ca_certificate, settings.private_key)


def test_a_missing_one_is_said_with_the_way_to_it(tmp_path: Path, authority: Authority) -> None:
    settings = site(tmp_path, "127.0.0.1:1", authority.certificate)
    settings.private_key.with_suffix(".crt").unlink()
    with pytest.raises(DataError, match=r"site\.crt: no such file.*Send request\.yaml.*sites/certificates/SITE\.crt"):
        centre_context(settings.ca_certificate, settings.private_key)
