"""The loopback interface serves the centre's own processes alone: those that can read its secret.

Everybody who may log in to a machine reaches its loopback ports, and Flower's Control API there asks for no key: it
would run anybody's code as the centre. Each request has to carry a token, made from a secret that is new at each start
and lies in a file that its owner alone can read. It stands in no command line and in no environment.
"""

import hashlib
import hmac

import httpx
from flwr.supercore.protobuf.client import ProtobufCall, ProtobufRequestContext
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.server.flower.doors.entrance import may_stay
from glsmed.server.flower.doors.refusing import refuse
from glsmed.server.flower.settings import LinkSettings

TOKEN_HEADER = "x-glsmed-own-process"  # noqa: S105  # its name
_FOR_EVERYBODY = frozenset({"/health"})
_PURPOSE = b"glsmed: a process of the centre"  # the secret itself is for Flower's executor


def own_token(settings: LinkSettings) -> str:
    """What the centre's own processes show on the loopback interface.

    Raises:
        OSError: the secret cannot be read; only its owner can.
    """
    return hmac.new(settings.superexec_secret.read_bytes().strip(), _PURPOSE, hashlib.sha256).hexdigest()


class OwnProcess:
    """Adds the token to each request of one of Flower's clients."""

    def __init__(self, settings: LinkSettings) -> None:
        self._token = own_token(settings)

    def intercept(self, context: ProtobufRequestContext, call_next: ProtobufCall) -> httpx.Response:
        """Send a request with the token."""
        context.request.headers[TOKEN_HEADER] = self._token
        return call_next(context)


class OwnProcessesOnly:
    """An ASGI application that serves requests with the token, and ``/health``; others are refused unread."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not self._may_be_served(scope):
            response = PlainTextResponse("for the centre's own processes\n", status_code=401)
            await refuse(response, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _may_be_served(self, scope: Scope) -> bool:
        if scope["path"] in _FOR_EVERYBODY:
            return bool(scope["method"] == "GET")
        shown = Headers(scope=scope).get(TOKEN_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self._token) and may_stay(scope, "the centre")
