"""Where on the way to the centre something is wrong: name, proxy, connection, certificate, clock, releases, key.

Nothing here disturbs a client of the same site that takes part meanwhile: no session is begun or ended.
"""

import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from glsmed.client.node.centre_context import centre_context
from glsmed.client.node.connection_faults import OutsideFaultError, clock_in_words, clock_is_refused, explain
from glsmed.client.node.flower.centre_client import is_admitted
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.presented_certificate import (
    LOOK_SECONDS,
    Answer,
    PresentedCertificate,
    look,
    trusted_context,
)
from glsmed.client.node.proxy import Proxy
from glsmed.client.node.refusals import admission_remedy
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import certificate_beside
from glsmed.shared.errors import GlsmedError
from glsmed.shared.protocol.releases import RELEASE_HEADER, fits, releases

_FEW_DAYS = 14
_CLOCK_NOTED_SECONDS = 2.0
_OTHERS = 0o077


@dataclass(slots=True)
class OnlineReport:
    """What was found on the way; the site can take part if there is no fault."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_online(config: SiteConfig, *, config_file: Path) -> OnlineReport:
    """The report on the way to the centre; what lies behind a fault on that way cannot be seen and is left out."""
    report = OnlineReport()
    try:
        settings = NodeSettings.of(config, runtime_port=0)
        _check_proxy(report, settings.proxy, config_file)
        _check_first_hop(report, settings)
        _check_centre(report, settings)
    except (GlsmedError, ConnectionError) as error:
        report.faults.append(str(error))
    return report


def _check_proxy(report: OnlineReport, proxy: Proxy | None, config_file: Path) -> None:
    if proxy is None:
        report.lines.append("proxy none")
        return
    report.lines.append(f"proxy {proxy.name} ({proxy.source})")
    in_config = proxy.source == "centre.proxy" and proxy.holds_password
    if in_config and config_file.stat().st_mode & _OTHERS:
        report.warnings.append(
            f"{config_file} holds the proxy's password, and other users of this machine can read it; run: "
            f"chmod 600 {config_file}"
        )


def _check_centre(report: OnlineReport, settings: NodeSettings) -> None:
    has_certificate = certificate_beside(settings.private_key).exists()
    try:
        answer = look(settings.centre, settings.proxy, _greeting(settings, has_certificate=has_certificate))
    except httpx.TransportError as error:
        raise explain(error, settings) from None
    _check_certificate(report, answer.certificate)
    if not has_certificate:
        _tell_of_no_certificate(report, settings)
        return
    _check_releases(report, answer)
    _check_clock(report, answer)
    _check_key(report, settings)


def _greeting(settings: NodeSettings, *, has_certificate: bool) -> ssl.SSLContext:
    if has_certificate:
        return centre_context(settings.ca_certificate, settings.private_key)
    return trusted_context(settings.ca_certificate)


def _check_first_hop(report: OnlineReport, settings: NodeSettings) -> None:
    """Name and TCP connection of what this site connects to itself: the proxy, or the centre.

    Raises:
        ConnectionError: it has no address, or none that can be connected to.
    """
    whole, _, port = settings.centre.rpartition(":")
    host, number = (whole.strip("[]"), int(port)) if settings.proxy is None else settings.proxy.address
    addresses = _addresses(host, number)
    report.lines.append(f"DNS {host}: {', '.join(addresses)}")
    began = time.monotonic()
    try:
        socket.create_connection((host, number), timeout=LOOK_SECONDS).close()
    except OSError as error:
        raise ConnectionError(
            f"TCP: {host}, port {number}: {error.strerror or 'no answer in time'}: ask the centre whether it runs, and "
            f"your network staff to allow outbound TCP to {host}, port {number}"
        ) from None
    report.lines.append(f"TCP {host}, port {number}: connected in {(time.monotonic() - began) * 1000:.0f} ms")


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a name, asked for in a thread of its own since the system's call knows no time limit.

    Raises:
        ConnectionError: there is none, or no answer in time.
    """
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except OSError as error:
            found.put(error)

    threading.Thread(target=resolve, name="resolve", daemon=True).start()
    remedy = f"check centre.address and centre.proxy, or ask your network staff about the name {host}"
    try:
        result = found.get(timeout=LOOK_SECONDS)
    except queue.Empty:
        raise ConnectionError(f"DNS: no answer about {host} in {LOOK_SECONDS:.0f} s: {remedy}") from None
    if isinstance(result, OSError):
        raise ConnectionError(f"DNS: {host} is not known here ({result.strerror}): {remedy}")
    return result


def _check_certificate(report: OnlineReport, certificate: PresentedCertificate) -> None:
    days = (certificate.valid_until - datetime.now(UTC)).days
    report.lines.append(
        f"TLS certificate for {', '.join(certificate.names)}, issued by {certificate.issuer!r}, expires in {days} days "
        f"({certificate.valid_until:%Y-%m-%d})"
    )
    if days < _FEW_DAYS:
        report.warnings.append(f"the centre's certificate expires in {days} days: ask the centre to renew it")


def _check_clock(report: OnlineReport, answer: Answer) -> None:
    """The difference of the two clocks.

    Raises:
        OutsideFaultError: it is so large that the centre refuses whatever this site signs.
    """
    ahead = answer.clock_ahead
    if ahead is None:
        report.warnings.append("clock: the centre does not say what time it is there")
        return
    report.lines.append(f"clock {abs(ahead):.0f} s {'ahead of' if ahead >= 0 else 'behind'} the centre's")
    if clock_is_refused(ahead):
        raise OutsideFaultError(f"clock: {clock_in_words(ahead)}")
    if abs(ahead) > _CLOCK_NOTED_SECONDS:
        report.warnings.append(f"clock: {clock_in_words(ahead)}")


def _check_releases(report: OnlineReport, answer: Answer) -> None:
    for name, ours in releases().items():
        theirs = answer.headers.get(f"{RELEASE_HEADER}{name}")
        report.lines.append(f"{name} {ours} here, {theirs or 'not known'} at the centre")
        if theirs is not None and not fits(name, ours, theirs):
            report.faults.append(
                f"{name}: expected the centre's release {theirs}, got {ours}: install what the centre runs"
            )


def _tell_of_no_certificate(report: OnlineReport, settings: NodeSettings) -> None:
    """What can be seen ends here: the centre answers nobody without a certificate, be it about clocks or releases."""
    if not settings.private_key.exists():
        report.lines.append(
            "key none yet, and so no certificate: more can be seen once the centre has admitted this site"
        )
        return
    report.faults.append(
        f"{certificate_beside(settings.private_key)}: no such file: the centre sends it once it has admitted this "
        "site, and answers nobody without"
    )


def _check_key(report: OnlineReport, settings: NodeSettings) -> None:
    if not settings.private_key.exists():
        report.lines.append("key none yet")
    elif is_admitted(settings):
        report.lines.append("key admitted by the centre")
    else:
        report.faults.append(f"key: the centre does not admit it. {admission_remedy(settings)}")
