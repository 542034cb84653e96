"""Joining a study: a key pair made at the hospital and a request file for the centre."""

from pathlib import Path

from ruamel.yaml import YAML

from glsmed.client.config import SiteConfig
from glsmed.shared.atomic import replacing, write_bytes
from glsmed.shared.enrolment import EnrolmentRequest, generate_private_key, make_request
from glsmed.shared.study import load_study

_PRIVATE_FILE = 0o600


def enroll(config: SiteConfig, *, request_file: Path) -> EnrolmentRequest:
    """Make the site's key if it has none, and write the signed request; an existing key is kept.

    Raises:
        ConfigurationError: the site's copy of study.yaml cannot be read.
        DataError: the existing key cannot be used.
    """
    study = load_study(config.study)
    if not config.key.is_file():
        write_bytes(config.key, generate_private_key(), mode=_PRIVATE_FILE)
    request = make_request(config.key.read_bytes(), site=config.site, study=study.study, study_digest=study.digest())
    with replacing(request_file) as temporary, temporary.open("w", encoding="utf-8") as output:
        YAML(typ="safe").dump(request.model_dump(), output)
    return request
