import pytest

from glsmed.server.admission.comparison import LEAST_TYPED, require_same_key
from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint, generate_private_key, make_request


@pytest.fixture(scope="module")
def request_() -> EnrolmentRequest:
    return make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")


def _shown(request_: EnrolmentRequest) -> str:
    return fingerprint(request_.public_key)


def test_the_whole_fingerprint_or_its_beginning_is_enough(request_: EnrolmentRequest) -> None:
    whole = _shown(request_)
    bare = whole.removeprefix("SHA256:")
    for typed in (whole, bare, f" {whole}\n", bare[:LEAST_TYPED], f"{bare[:4]} {bare[4:8]} {bare[8:12]}"):
        require_same_key(request_, typed)


def test_another_fingerprint_is_refused_and_the_requests_own_is_not_told(request_: EnrolmentRequest) -> None:
    bare = _shown(request_).removeprefix("SHA256:")
    other = ("A" if bare[0] != "A" else "B") + bare[1:]
    for typed in (other, other[:LEAST_TYPED], bare + "A", bare[:LEAST_TYPED].swapcase()):
        with pytest.raises(DataError, match=r"holds another key than the one .* nobody was admitted") as refused:
            require_same_key(request_, typed)
        assert bare[:LEAST_TYPED] not in str(refused.value)


def test_too_little_is_not_compared(request_: EnrolmentRequest) -> None:
    for typed in ("", "SHA256:", "yes", _shown(request_)[: len("SHA256:") + LEAST_TYPED - 1]):
        with pytest.raises(UsageError, match="at least 12 characters"):
            require_same_key(request_, typed)
