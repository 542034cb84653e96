"""Which site sends a request, known from its headers alone.

Flower reads a request whole and makes objects of it before it looks at the key in its headers. Here key, time and
signature are checked first. That the body names the same node is checked where it is read.
"""

import asyncio
import datetime
from base64 import b64decode
from collections.abc import Callable
from typing import Protocol

from flwr.common.constant import SYSTEM_TIME_TOLERANCE, TIMESTAMP_HEADER, TIMESTAMP_TOLERANCE
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER
from flwr.supercore.date import now
from flwr.supercore.error import ApiErrorCode, FlowerError
from flwr.supercore.error.catalog import API_ERROR_MAP
from flwr.supercore.primitives.asymmetric import bytes_to_public_key, verify_signature
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.server.flower.doors.entrance import may_stay
from glsmed.server.flower.doors.refusing import refuse

FLEET = "/v1/fleet/"
NODE = "glsmed.node"  # where a request's scope holds the node that has signed it
_ACTIVATION = FLEET + "activate-node"
_MOST_KEY_BYTES = 4096


class KnowsNodes(Protocol):
    """Flower's state, as far as it is asked here."""

    def get_node_id_by_public_key(self, public_key: bytes) -> int | None:
        """The node with this key, unless it is withdrawn."""


class SignatureRefusedError(Exception):
    """The headers do not show that the sender holds the key that they name, or do not show it now."""


def signed_key(headers: Headers) -> bytes:
    """The public key whose holder has signed the time just now.

    Raises:
        SignatureRefusedError: a header is missing or there twice, the time is not now, or the signature is another's.
    """
    try:
        return _checked_key(headers)
    except SignatureRefusedError:
        raise
    except Exception as error:  # a key of another kind, letters that are no number: cryptography raises several kinds
        raise SignatureRefusedError(f"{type(error).__name__}") from None


def _checked_key(headers: Headers) -> bytes:
    key = b64decode(_only(headers, FLEET_HTTP_PUBLIC_KEY_HEADER), validate=True)
    signature = b64decode(_only(headers, FLEET_HTTP_SIGNATURE_HEADER), validate=True)
    timestamp = _only(headers, TIMESTAMP_HEADER)
    _require_now(timestamp)
    if len(key) > _MOST_KEY_BYTES:
        raise SignatureRefusedError("the key is too long")
    if not verify_signature(bytes_to_public_key(key), timestamp.encode("ascii"), signature):
        raise SignatureRefusedError("the signature is another's")
    return key


def _only(headers: Headers, name: str) -> str:
    values = headers.getlist(name)
    if len(values) != 1:
        raise SignatureRefusedError(f"expected one header {name}, got {len(values)}")
    return values[0]


def _require_now(timestamp: str) -> None:
    """Raise unless Flower, too, takes the time for now."""
    age = (now() - datetime.datetime.fromisoformat(timestamp)).total_seconds()
    if not -SYSTEM_TIME_TOLERANCE < age < TIMESTAMP_TOLERANCE + SYSTEM_TIME_TOLERANCE:
        raise SignatureRefusedError("the time is not now")


class KnownSitesOnly:
    """An ASGI application that serves requests signed by a registered node key, and refuses others unread.

    Args:
        app: serves them.
        state: gives Flower's state.
    """

    def __init__(self, app: ASGIApp, state: Callable[[], KnowsNodes]) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(FLEET):
            await self._app(scope, receive, send)
            return
        answer = await asyncio.to_thread(self._owner_or_refusal, scope)
        if isinstance(answer, int) and may_stay(scope, str(answer)):
            await self._app({**scope, NODE: answer}, receive, send)
        elif isinstance(answer, int):
            await refuse(PlainTextResponse("too many connections\n", status_code=429), scope, receive, send)
        else:
            await refuse(answer, scope, receive, send)

    def _owner_or_refusal(self, scope: Scope) -> int | Response:
        try:
            key = signed_key(Headers(scope=scope))
        except SignatureRefusedError:
            return _unauthenticated()
        node = self._state().get_node_id_by_public_key(key)
        if node is None:
            return _not_admitted() if scope["path"] == _ACTIVATION else _unauthenticated()
        return node


def _unauthenticated() -> Response:
    """Flower's own answer."""
    return JSONResponse({"detail": "Invalid SuperNode authentication"}, status_code=401)


def _not_admitted() -> Response:
    """What Flower says of a key that is not registered; from this answer a hospital knows that it is not admitted."""
    code = ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED
    told = API_ERROR_MAP[code]
    return JSONResponse(FlowerError(code, "").to_json(told.public_message), status_code=403)
