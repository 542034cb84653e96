"""Requests that are told apart by their headers, signed as Flower's SuperNodes sign them."""

import asyncio
import datetime
from base64 import b64encode
from collections.abc import Callable, Mapping

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flwr.common.constant import TIMESTAMP_HEADER
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER as KEY
from flwr.supercore.constant import FLEET_HTTP_SIGNATURE_HEADER as SIGNATURE
from flwr.supercore.date import now
from flwr.supercore.error import ApiErrorCode, FlowerError
from flwr.supercore.primitives.asymmetric import public_key_to_bytes, sign_message
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.doors.node_keys import KnownSitesOnly

ADMITTED, STRANGER = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
NODE = 7


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def signed(
    named: ec.EllipticCurvePrivateKey, *, by: ec.EllipticCurvePrivateKey | None = None, age_seconds: float = 0
) -> dict[str, str]:
    """The headers of a SuperNode."""
    timestamp = (now() - datetime.timedelta(seconds=age_seconds)).isoformat()
    return {
        KEY: _text(public_key_to_bytes(named.public_key())),
        SIGNATURE: _text(sign_message(by or named, timestamp.encode("ascii"))),
        TIMESTAMP_HEADER: timestamp,
    }


class _State:
    def get_node_id_by_public_key(self, public_key: bytes) -> int | None:
        return NODE if public_key == public_key_to_bytes(ADMITTED.public_key()) else None


def _ask(
    headers: Mapping[str, str] | httpx.Headers, *, path: str = "pull-messages", body: bytes = b""
) -> tuple[httpx.Response, bool]:
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await PlainTextResponse("served")(scope, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=KnownSitesOnly(app, _State))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.post(f"/v1/fleet/{path}", content=body, headers=headers)

    return asyncio.run(ask()), bool(reached)


def test_an_admitted_key_that_has_signed_just_now_is_served() -> None:
    answer, is_reached = _ask(signed(ADMITTED))
    assert (answer.status_code, is_reached) == (200, True)


def _without(name: str) -> dict[str, str]:
    return {header: value for header, value in signed(ADMITTED).items() if header != name}


def _of_another_kind() -> dict[str, str]:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return {**signed(ADMITTED), KEY: _text(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))}


REFUSED: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "nothing": dict,
    "no key": lambda: _without(KEY),
    "no signature": lambda: _without(SIGNATURE),
    "no time": lambda: _without(TIMESTAMP_HEADER),
    "a stranger": lambda: signed(STRANGER),
    "another's signature": lambda: signed(ADMITTED, by=STRANGER),
    "long ago": lambda: signed(ADMITTED, age_seconds=400),
    "not yet": lambda: signed(ADMITTED, age_seconds=-60),
    "another time": lambda: {**signed(ADMITTED), TIMESTAMP_HEADER: now().isoformat()},
    "a time of nowhere": lambda: {**signed(ADMITTED), TIMESTAMP_HEADER: "2026-01-01T00:00:00"},
    "no time at all": lambda: {**signed(ADMITTED), TIMESTAMP_HEADER: "yesterday"},
    "no base64": lambda: {**signed(ADMITTED), KEY: "no key"},
    "a long key": lambda: {**signed(ADMITTED), KEY: _text(b"x" * 9000)},
    "no signature of its kind": lambda: {**signed(ADMITTED), SIGNATURE: _text(b"x" * 96)},
    "a key of another kind": _of_another_kind,
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_anybody_else_is_refused(headers: Callable[[], Mapping[str, str]]) -> None:
    answer, is_reached = _ask(headers())
    assert (answer.status_code, is_reached) == (401, False)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("name", [KEY, SIGNATURE, TIMESTAMP_HEADER])
def test_a_header_that_is_there_twice_is_refused(name: str) -> None:
    twice = httpx.Headers([*signed(ADMITTED).items(), (name, signed(STRANGER)[name])])
    answer, is_reached = _ask(twice)
    assert (answer.status_code, is_reached) == (401, False)


def test_a_key_that_is_not_admitted_is_told_so_in_flowers_words() -> None:
    answer, is_reached = _ask(signed(STRANGER), path="activate-node")
    said = FlowerError.from_json(answer.text)
    assert said is not None
    assert (said.code, answer.status_code) == (ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED, 403)
    assert not is_reached
