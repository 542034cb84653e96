"""Joining a study: a key pair made at the hospital and a request file for the centre."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from cryptography.x509 import load_pem_x509_certificates

from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes, write_text
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import EnrolmentRequest, generate_private_key, make_request, public_line
from glsmed.shared.protocol.study import Study, load_study
from glsmed.shared.secure_aggregation.decision import roster_in_use
from glsmed.shared.secure_aggregation.roster import Roster

_OTHERS = 0o077
_REMEDY = (
    "restore it from a backup; or move it away, make a new one with glsmed-client --site config.yaml enroll, and "
    "ask the centre to admit that"
)


def enroll(config: SiteConfig, *, request_file: Path) -> EnrolmentRequest:
    """Make the site's key if it has none, and write the signed request; an existing key is kept.

    Raises:
        ConfigurationError: the site's copy of study.yaml cannot be read.
        DataError: the existing key cannot be used.
    """
    study = load_study(config.study)
    if not config.key.exists():
        write_bytes(config.key, generate_private_key(), mode=PRIVATE_FILE)
    read_private_key(config.key)
    request = make_request(config.key.read_bytes(), site=config.site, study=study.study, study_digest=study.digest())
    write_text(request_file, dump_yaml(request.model_dump()), mode=PRIVATE_FILE)
    return request


def certificate_beside(private_key: Path) -> Path:
    """Where the certificate of a key lies, which the centre sends."""
    return private_key.with_suffix(".crt")


def read_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The site's private key.

    Raises:
        DataError: naming the file: it is missing, damaged, of another kind, or readable by others.
        OSError: it cannot be read.
    """
    try:
        if path.stat().st_mode & _OTHERS:
            raise DataError(f"{path}: other users of this machine can read this private key; run: chmod 600 {path}")
        key = load_ssh_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise DataError(f"{path}: no such key; make it with: glsmed-client --site config.yaml enroll") from None
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: is not an OpenSSH private key ({error}): {_REMEDY}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise DataError(f"{path}: is not an elliptic-curve key: {_REMEDY}")
    return key


def approved_roster(config: SiteConfig, study: Study) -> Roster | None:
    """The roster by which the site masks its updates; None where study.yaml and config.yaml ask for none.

    Raises:
        ConfigurationError: with every fault of the roster's file.
        DataError: it is of another study, too small where the study insists, or has not this site with its key; or the
            key cannot be used.
        OSError: a file cannot be read.
    """
    roster = roster_in_use(study, config.roster)
    if roster is None:
        return None
    own = public_line(read_private_key(config.key).public_key())
    if roster.sites.get(config.site) != own:
        raise DataError(
            f"{config.roster}: does not name this site, {config.site}, with its own key: ask the centre for the roster "
            "that it makes from the request.yaml of this site"
        )
    return roster


def read_authority(path: Path) -> bytes:
    """The study's certificate authority in PEM.

    Raises:
        DataError: naming the file: it is missing or damaged.
        OSError: it cannot be read.
    """
    try:
        content = path.read_bytes()
        load_pem_x509_certificates(content)
        content.decode("ascii")  # as Flower's client reads it
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; the centre sends it with study.yaml") from None
    except ValueError:
        raise DataError(f"{path}: is not a certificate in PEM; ask the centre for ca.crt again") from None
    return content
