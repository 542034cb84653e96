"""Requests that show another key than their connection's certificate; the listener itself is attacked elsewhere."""

import asyncio
from base64 import b64encode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER as KEY
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.doors.client_certificates import CERTIFIED, OwnCertificateOnly

OWN, OTHER = (ec.generate_private_key(ec.SECP384R1()).public_key() for _ in range(2))
SERVED = "served"


def _shown(key: ec.EllipticCurvePublicKey) -> str:
    return b64encode(public_key_to_bytes(key)).decode("ascii")


def _ask(headers: list[tuple[str, str]], certified: ec.EllipticCurvePublicKey | None) -> httpx.Response:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(SERVED)(scope, receive, send)

    der = None if certified is None else certified.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    async def behind_tls(scope: Scope, receive: Receive, send: Send) -> None:
        await OwnCertificateOnly(app)({**scope, CERTIFIED: der}, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=behind_tls)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.post("/v1/fleet/pull-messages", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("headers", "certified", "is_served"),
    [
        ([(KEY, _shown(OWN))], OWN, True),
        ([], OWN, True),  # it shows no key: the next door refuses it
        ([(KEY, _shown(OTHER))], OWN, False),
        ([(KEY, _shown(OWN)), (KEY, _shown(OTHER))], OWN, False),
        ([(KEY, _shown(OWN))], None, False),
        ([(KEY, "no key")], OWN, False),
        ([(KEY, "no key")], None, False),
    ],
)
def test_a_request_shows_the_key_of_its_connection(
    headers: list[tuple[str, str]], certified: ec.EllipticCurvePublicKey | None, is_served: bool
) -> None:
    answer = _ask(headers, certified)
    assert (answer.text == SERVED) is is_served
    assert answer.status_code == (200 if is_served else 401)
