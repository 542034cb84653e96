"""The certificates that a study's authority issues (X.509): its own, the server's, the tasks' key's and the sites'."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from glsmed.shared.signing.centre_certificate import TASKS_USAGE

_CA_VALIDITY = timedelta(days=3650)
_LEAF_VALIDITY = timedelta(days=397)
_CLOCK_SKEW = timedelta(minutes=10)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A study's authority: its certificate, and the key that signs others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority_certificate(key: ec.EllipticCurvePrivateKey, study: str) -> x509.Certificate:
    """The certificate of a new authority, signed with its own key; valid for ten years."""
    name = f"glsmed study {study}"
    return (
        _builder(name, _name(name), key.public_key())
        .not_valid_after(datetime.now(UTC) + _CA_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA384())
    )


def server_certificate(
    key: ec.EllipticCurvePublicKey, public_names: Sequence[str], authority: Authority
) -> x509.Certificate:
    """The certificate of the centre's listeners, for these names and this machine's own."""
    names = dict.fromkeys([*public_names, *_LOOPBACK])
    return (
        _leaf(public_names[0], key, authority)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(_purpose(ExtendedKeyUsageOID.SERVER_AUTH), critical=False)
        .sign(authority.key, hashes.SHA384())
    )


def task_certificate(key: Ed25519PublicKey, authority: Authority) -> x509.Certificate:
    """The certificate of the key that signs tasks, for that alone: no server's certificate passes for it."""
    certificate = _leaf("tasks", key, authority).add_extension(_purpose(TASKS_USAGE), critical=True)
    return certificate.sign(authority.key, hashes.SHA384())


def site_certificate(key: ec.EllipticCurvePublicKey, site: str, authority: Authority) -> x509.Certificate:
    """The certificate of an admitted site's own key, for greeting a server: with it nobody can be one."""
    certificate = _leaf(site, key, authority).add_extension(_purpose(ExtendedKeyUsageOID.CLIENT_AUTH), critical=True)
    return certificate.sign(authority.key, hashes.SHA384())


def _leaf(subject: str, key: PublicKey, authority: Authority) -> x509.CertificateBuilder:
    """A certificate that signs no other; valid for thirteen months."""
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder(subject, authority.certificate.subject, key)
        .not_valid_after(datetime.now(UTC) + _LEAF_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )


def _builder(subject: str, issuer: x509.Name, key: PublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _CLOCK_SKEW)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _purpose(purpose: ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([purpose])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
