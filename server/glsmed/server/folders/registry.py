"""The sites that the centre has admitted: one request file per site in the study's ``sites`` folder."""

from collections.abc import Mapping
from pathlib import Path

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import write_bytes
from glsmed.shared.files.documents import load
from glsmed.shared.protocol.enrolment import EnrolmentRequest


def admit(request_file: Path, *, sites: Path, study: str, study_digest: str) -> EnrolmentRequest:
    """Check a hospital's request and keep it among the admitted ones; returns it.

    Raises:
        ConfigurationError: the file is not an enrolment request.
        DataError: it was altered, is for another study or another version of this one, or the site's name or key is
            taken.
    """
    request = _verified(request_file)
    _check_study(request, study=study, study_digest=study_digest)
    _check_is_new(request, admitted_sites(sites))
    write_bytes(sites / f"{request.site}.yaml", request_file.read_bytes())
    return request


def admitted_sites(sites: Path) -> Mapping[str, EnrolmentRequest]:
    """Every admitted request by site name, in the order of names; errors as of :func:`admit`."""
    requests = (_verified(path) for path in sorted(sites.glob("*.yaml")))
    return {request.site: request for request in requests}


def _verified(path: Path) -> EnrolmentRequest:
    request = load(path, EnrolmentRequest)
    try:
        request.verify()
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return request


def _check_study(request: EnrolmentRequest, *, study: str, study_digest: str) -> None:
    if request.study != study:
        raise DataError(f"{request.site} asks to join the study {request.study!r}; this one is {study!r}")
    if request.study_digest != study_digest:
        raise DataError(
            f"{request.site} approved another version of study.yaml (sha256 {request.study_digest[:12]}…, "
            f"here {study_digest[:12]}…): send it the current file and ask for a new request"
        )


def _check_is_new(request: EnrolmentRequest, admitted: Mapping[str, EnrolmentRequest]) -> None:
    known = admitted.get(request.site)
    if known is not None and known.public_key != request.public_key:
        raise DataError(
            f"a site named {request.site!r} is admitted with another key: if it made a new key on purpose, "
            f"remove sites/{request.site}.yaml first"
        )
    for other in admitted.values():
        if other.site != request.site and other.public_key == request.public_key:
            raise DataError(
                f"the key of {request.site!r} is already admitted as {other.site!r}: every site needs its own"
            )
