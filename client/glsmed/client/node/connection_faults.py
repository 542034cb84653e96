"""Why the centre cannot be reached, in words, and whether waiting helps.

Waiting helps (``ConnectionError``) whenever nobody has proved to be somebody else: a centre that is down, and whatever
a load balancer, a firewall or a proxy answers in its place. A certificate that fails verification is final, and so is
a refused key. In between (``OutsideFaultError``) is what somebody outside this program has to mend.
"""

import re
import socket
import ssl
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.presented_certificate import Answer, authority_of, in_force, look_without_trust
from glsmed.client.node.proxy import Proxy
from glsmed.shared.errors import FederationError

ErrorT = TypeVar("ErrorT", bound=BaseException)

FURTHEST_AHEAD_SECONDS = 5  # Flower refuses a signature that is later than its own clock by more,
FURTHEST_BEHIND_SECONDS = 300  # or earlier by more
_MINUTE = 60
# of OpenSSL's x509_vfy.h
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_OUR_AUTHORITIES = "glsmed study "
# how httpcore begins or ends what it says of a proxy: HTTP's status, or SOCKS in words
_PROXY_ASKS_WHO = re.compile(r"407|Invalid username/password|.*but got (USERNAME/PASSWORD|NO ACCEPTABLE METHODS)")
_PROXY_FORBIDS = re.compile(r"401|403|405|.*not allowed by ruleset")
_TLS_IN_WORDS = {
    "UNEXPECTED_EOF_WHILE_READING": "the connection was closed while it was being secured",
    "WRONG_VERSION_NUMBER": "what answers there does not speak TLS",
    "HTTP_REQUEST": "what answers there does not speak TLS",
    "RECORD_LAYER_FAILURE": "what answers there does not speak TLS",
}


class OutsideFaultError(FederationError):
    """The centre, the network or the clock has to be mended; a client that has taken part waits for it."""


def cause_of(error: BaseException | None, kind: type[ErrorT]) -> ErrorT | None:
    """The first error of a kind in the chain of causes."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None


def is_given_up_too_early(error: httpx.TransportError) -> bool:
    """Whether Flower would not try again, though the same request may succeed later with nothing changed here.

    Flower gives up at every error that speaks of TLS, and at every one of a proxy.
    """
    if isinstance(error, httpx.ProxyError):
        return not (_PROXY_ASKS_WHO.match(str(error)) or _PROXY_FORBIDS.match(str(error)))
    handshake = cause_of(error, ssl.SSLError)
    return handshake is not None and cause_of(error, ssl.SSLCertVerificationError) is None


def explain(error: httpx.TransportError, settings: NodeSettings) -> ConnectionError | FederationError:
    """The error to raise in its place.

    Returns:
        ConnectionError: it may pass by itself.
        OutsideFaultError: somebody outside this program has to mend it.
        FederationError: this site's own settings, or who answers there, must change.
    """
    if isinstance(error.__cause__, httpx.TransportError):  # as the client of the centre passes them on
        error = error.__cause__
    verification = cause_of(error, ssl.SSLCertVerificationError)
    if verification is not None:
        return _certificate_fault(verification, settings)
    if isinstance(error, httpx.ProxyError) and settings.proxy is not None:
        return _proxy_fault(error, settings, settings.proxy)
    way = "" if settings.proxy is None else f"through the proxy {settings.proxy.name}: "
    return ConnectionError(way + _in_words(error))


def _in_words(error: httpx.TransportError) -> str:
    name = cause_of(error, socket.gaierror)
    if name is not None:
        return f"its name is not known here: {name.strerror}"
    handshake = cause_of(error, ssl.SSLError)
    if handshake is not None:
        return _TLS_IN_WORDS.get(handshake.reason or "", f"the connection could not be secured: {error}")
    if isinstance(error, httpx.TimeoutException):
        return f"no answer in time ({type(error).__name__})"
    return str(error) or type(error).__name__


def _proxy_fault(error: httpx.ProxyError, settings: NodeSettings, proxy: Proxy) -> ConnectionError | OutsideFaultError:
    if _PROXY_ASKS_WHO.match(str(error)):
        return OutsideFaultError(
            f"the proxy {proxy.name} asks who we are ({error}): put the right user:password@ before its host in "
            f"{_where_to_write(proxy)}"
        )
    if _PROXY_FORBIDS.match(str(error)):
        return OutsideFaultError(
            f"the proxy {proxy.name} does not let this site connect to {settings.centre} ({error}): ask your network "
            f"staff to allow CONNECT to {settings.centre}"
        )
    return ConnectionError(f"the proxy {proxy.name} does not reach it: {error}")


def _where_to_write(proxy: Proxy) -> str:
    return "centre.proxy of config.yaml" if proxy.source == "centre.proxy" else f"{proxy.source} of the environment"


def _certificate_fault(error: ssl.SSLCertVerificationError, settings: NodeSettings) -> FederationError:
    """Who answered instead, as far as its certificate tells."""
    seen = look_without_trust(settings.centre, settings.proxy)
    said = f"{settings.centre} did not prove that it is the study's centre: "
    if seen is None:
        return FederationError(f"{said}{error.verify_message}; {_check_authority(settings)}{_or_proxy(settings)}")
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return OutsideFaultError(said + _dates_fault(seen))
    if error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
        names = ", ".join(seen.certificate.names) or seen.certificate.subject
        return FederationError(
            f"{said}its certificate is for {names}: correct centre.address, or ask the centre to add the name that "
            "stands there to centre.public_names of study.yaml"
        )
    return FederationError(said + _issuer_fault(seen, settings))


def _dates_fault(seen: Answer) -> str:
    certificate, now = seen.certificate, datetime.now(UTC)
    if in_force(certificate):
        return "the certificate of the study's authority is not valid today: ask the centre for a new ca.crt"
    days = f"its certificate is valid from {_day(certificate.valid_from)} to {_day(certificate.valid_until)}"
    if seen.clock_ahead is not None and abs(seen.clock_ahead) > FURTHEST_BEHIND_SECONDS:
        return f"{days}; {clock_in_words(seen.clock_ahead)}"
    return f"{days}, and this machine's clock says {_day(now)}: the centre has to renew it (ca.crt stays the same)"


def _issuer_fault(seen: Answer, settings: NodeSettings) -> str:
    issuer, authority = seen.certificate.issuer, authority_of(settings.ca_certificate).subject
    if issuer == authority:
        return (
            f"its certificate is signed with another key of {authority!r}: the centre has made a new authority; ask it "
            f"for the new ca.crt and put that at {settings.ca_certificate}"
        )
    if issuer.startswith(_OUR_AUTHORITIES):
        return f"its certificate is issued by {issuer!r}, not by {authority!r}; {_check_authority(settings)}"
    return (
        f"its certificate is issued by {issuer!r}, not by {authority!r}: a proxy between you and the centre opens TLS. "
        f"Ask your network staff to let TLS to {settings.centre} pass unopened. If there is no such proxy: "
        f"{_check_authority(settings)}"
    )


def _check_authority(settings: NodeSettings) -> str:
    return (
        f"check centre.address, and that {settings.ca_certificate} is the certificate that the centre gave you (ca.crt)"
    )


def _or_proxy(settings: NodeSettings) -> str:
    if settings.proxy is None or settings.proxy.scheme != "https":
        return ""
    return f"; or this machine does not trust the certificate of the proxy {settings.proxy.name}"


def clock_is_refused(ahead: float) -> bool:
    """Whether the centre refuses signatures of a machine whose clock is so many seconds ahead."""
    return not -FURTHEST_BEHIND_SECONDS <= ahead <= FURTHEST_AHEAD_SECONDS


def clock_in_words(ahead: float) -> str:
    """What is wrong with a clock that is so many seconds ahead, and the remedy."""
    amount = f"{abs(ahead):.0f} s" if abs(ahead) < 2 * _MINUTE else f"{abs(ahead) / _MINUTE:.0f} minutes"
    return (
        f"this machine's clock is {amount} {'ahead of' if ahead > 0 else 'behind'} the clock that answers there; "
        f"the centre admits up to {FURTHEST_AHEAD_SECONDS} s ahead and {FURTHEST_BEHIND_SECONDS} s behind: set this "
        "machine's clock (NTP), or tell the centre if its own is wrong"
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
