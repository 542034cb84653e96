from pathlib import Path

import httpx
import pytest

from glsmed.client.node.presented_certificate import (
    PresentedCertificate,
    authority_of,
    clock_ahead,
    look,
    look_without_trust,
    trusted_context,
)

from .stand_ins import Authority, Centre, Handler, accepting, close_after_hello, serving, speak_plain_http

NOON = 1_767_268_800.0  # 2026-01-01 12:00:00 UTC


def test_a_server_shows_its_certificate_and_its_clock(authority: Authority) -> None:
    with serving(Centre(ahead=-40).app(), authority.issue("127.0.0.1", "centre.test")) as port:
        answer = look(f"127.0.0.1:{port}", None, trusted_context(authority.certificate))
    assert answer.certificate.names == ("127.0.0.1", "centre.test")
    assert (answer.certificate.subject, answer.certificate.issuer) == ("127.0.0.1", "glsmed study doubt")
    assert answer.clock_ahead == pytest.approx(40, abs=2)


def test_a_server_of_another_authority_is_looked_at_without_trust_alone(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path, "Hospital Web Gateway")
    with serving(Centre().app(), other.issue("127.0.0.1")) as port:
        with pytest.raises(httpx.ConnectError):
            look(f"127.0.0.1:{port}", None, trusted_context(authority.certificate))
        seen = look_without_trust(f"127.0.0.1:{port}", None)
    assert seen is not None
    assert seen.certificate.issuer == "Hospital Web Gateway"


@pytest.mark.parametrize("handler", [close_after_hello, speak_plain_http])
def test_nothing_is_seen_where_no_tls_is_spoken(handler: Handler) -> None:
    with accepting(handler) as port:
        assert look_without_trust(f"127.0.0.1:{port}", None) is None


def test_the_authority_says_its_name(authority: Authority) -> None:
    seen = authority_of(authority.certificate)
    assert isinstance(seen, PresentedCertificate)
    assert (seen.subject, seen.names) == ("glsmed study doubt", ())


@pytest.mark.parametrize(
    ("date", "now", "ahead"),
    [
        ("Thu, 01 Jan 2026 12:00:00 GMT", NOON + 0.5, 0.0),
        ("Thu, 01 Jan 2026 12:00:00 GMT", NOON + 600.5, 600.0),
        ("Thu, 01 Jan 2026 12:10:00 GMT", NOON + 0.5, -600.0),
        ("soon", NOON, None),
        ("", NOON, None),
    ],
)
def test_clocks_are_compared_to_the_middle_of_a_second(date: str, now: float, ahead: float | None) -> None:
    assert clock_ahead({"date": date}, now=now) == ahead
