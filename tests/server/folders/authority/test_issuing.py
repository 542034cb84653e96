"""What each certificate is good for: one of a site greets servers, and is nothing else."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from glsmed.server.folders.authority.issuing import (
    Authority,
    authority_certificate,
    server_certificate,
    site_certificate,
)


def _authority() -> Authority:
    key = ec.generate_private_key(ec.SECP384R1())
    return Authority(authority_certificate(key, "doubt"), key)


KEY = ec.generate_private_key(ec.SECP384R1())
OURS, OTHERS = _authority(), _authority()


def test_a_sites_certificate_is_of_its_key_and_for_greeting_alone() -> None:
    certificate = site_certificate(KEY.public_key(), "st-mary", OURS)
    assert certificate.public_key() == KEY.public_key()
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purposes.critical
    assert list(purposes.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    certificate.verify_directly_issued_by(OURS.certificate)
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(OTHERS.certificate)


def _pair(folder: Path, certificate: x509.Certificate) -> tuple[Path, Path]:
    files = folder / "one.crt", folder / "one.key"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _greets(folder: Path, shown: x509.Certificate) -> bool:
    """Whether a server that trusts our authority lets a client with this certificate in; both ends in memory."""
    trust = folder / "ca.crt"
    trust.write_bytes(OURS.certificate.public_bytes(Encoding.PEM))
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(trust))
    server_side.load_cert_chain(*_pair(folder, server_certificate(KEY.public_key(), ["localhost"], OURS)))
    server_side.load_verify_locations(trust)
    server_side.verify_mode = ssl.CERT_REQUIRED
    client_side.load_cert_chain(*_pair(folder, shown))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(down, up, server_hostname="localhost")
    server = server_side.wrap_bio(up, down, server_side=True)
    try:
        for end in (client, server, client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLCertVerificationError:
        return False
    return True


@pytest.mark.parametrize(
    ("shown", "is_let_in"),
    [
        (site_certificate(KEY.public_key(), "st-mary", OURS), True),
        (site_certificate(KEY.public_key(), "st-mary", OTHERS), False),
        (server_certificate(KEY.public_key(), ["localhost"], OURS), False),
    ],
    ids=["ours", "of another study", "a server's"],
)
def test_a_site_greets_with_its_own_and_no_other_certificate(
    tmp_path: Path, shown: x509.Certificate, is_let_in: bool
) -> None:
    assert _greets(tmp_path, shown) is is_let_in
