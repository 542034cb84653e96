"""Whether the key of a request is the one whose fingerprint the hospital read out."""

from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint

LEAST_TYPED = 12  # characters of base64, 72 bits: nobody makes another key that begins with the same
_KIND = "SHA256:"


def require_same_key(request: EnrolmentRequest, typed: str) -> None:
    """Raise unless the request's fingerprint begins with what was typed.

    Args:
        request: of the hospital.
        typed: the fingerprint that it read out, or at least its first :data:`LEAST_TYPED` characters, with or without
            ``SHA256:`` and spaces.

    Raises:
        UsageError: too little was typed.
        DataError: it is of another key. The request's own fingerprint is not told: who copies it compares nothing.
    """
    words = "".join(typed.split()).removeprefix(_KIND).rstrip("=")
    if len(words) < LEAST_TYPED:
        raise UsageError(
            f"expected at least {LEAST_TYPED} characters of the fingerprint after {_KIND}, got {len(words)}: ask "
            f"{request.site} to read it out (it is what glsmed-client enroll printed there). Nobody was admitted"
        )
    if not fingerprint(request.public_key).removeprefix(_KIND).startswith(words):
        raise DataError(
            f"the request of {request.site!r} holds another key than the one whose fingerprint you typed: nobody was "
            f"admitted. Ask {request.site} to read it out again (capitals matter). If it is the same again, this "
            "request is not theirs: ask for it anew, by another way"
        )
