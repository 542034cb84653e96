"""Who may speak on the public port at all: whoever shows a certificate of the study's authority, made for a site.

TLS refuses everybody else before a byte of HTTP is read. The certificate is of the site's node key; a request whose
headers show another key than the connection is refused before its body is read. A withdrawn key's certificate still
greets, and its first request is refused for its key.
"""

import asyncio
import ssl
from base64 import b64decode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER
from flwr.supercore.primitives.asymmetric import bytes_to_public_key
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.server.flower.doors.refusing import refuse
from glsmed.server.flower.settings import LinkSettings

CERTIFIED = "glsmed.certified"  # where a request's scope holds the key (DER) of its connection's certificate


def plain_context(settings: LinkSettings) -> ssl.SSLContext:
    """TLS for whoever trusts the study's authority; nothing is asked of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.server_certificate, settings.server_key)
    return context


def asking_context(settings: LinkSettings) -> ssl.SSLContext:
    """TLS for those alone who show a certificate that the study's authority has issued to a site.

    OpenSSL refuses one that has ended, and one for another purpose: the server's own, the tasks' key's.
    """
    context = plain_context(settings)
    context.load_verify_locations(settings.ca_certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def certified_key(transport: asyncio.BaseTransport) -> bytes | None:
    """The key (DER) of the certificate that the other end has shown; None if it has shown none."""
    session = transport.get_extra_info("ssl_object")
    shown = None if session is None else session.getpeercert(True)
    if shown is None:
        return None
    key = x509.load_der_x509_certificate(shown).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class OwnCertificateOnly:
    """An ASGI application that refuses, unread, a request that shows another key than its connection's certificate.

    So what one site signs is of no use on another's connection.

    Args:
        app: serves the others, and requests that show no key at all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _keys_agree(scope):
            await self._app(scope, receive, send)
        else:
            response = PlainTextResponse("another key than the certificate's\n", status_code=401)
            await refuse(response, scope, receive, send)


def _keys_agree(scope: Scope) -> bool:
    shown = Headers(scope=scope).getlist(FLEET_HTTP_PUBLIC_KEY_HEADER)
    return all(_der(word) == scope.get(CERTIFIED) for word in shown)


def _der(word: str) -> bytes:
    """A header's key in DER; empty if it is none."""
    try:
        key = bytes_to_public_key(b64decode(word, validate=True))
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except Exception:  # a key of another kind, letters that are no base64: cryptography raises several kinds
        return b""
