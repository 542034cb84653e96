"""The door of a local site: which requests reach its pages, and the headers that every answer has."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glsmed.shared.web.access import Access, Session, is_same

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf"
LARGEST_BODY: Final = 4 * 2**20  # bytes that a page may send
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with "no-referrer", browsers send forms without their origin
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_READS = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"


class _RefusedError(Exception):
    """A request that reaches no page."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Guard:
    """Lets through what a browser with a session asks of this very site; ``scope["session"]`` is that session."""

    def __init__(self, app: ASGIApp, *, access: Access, port: int, refusal: str) -> None:
        """Guard an app.

        Args:
            app: what is behind the door.
            access: who may come in.
            port: of 127.0.0.1, where the site is served; a request that names another host is refused, so no name of
                another server can be pointed here.
            refusal: the page for all others, as HTML with ``{reason}`` to be filled in.
        """
        self._app = app
        self._access = access
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._cookie = f"glsmed-{port}"  # browsers keep one jar for all ports of a host
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            return  # nothing else is served: the server closes it
        answer, body = _with_headers(send), receive
        try:
            entered = self._entered(scope)
            if entered is None:
                scope["session"] = session = self._session(scope)
                body = await self._checked_body(scope, receive, session)
        except _RefusedError as refused:
            page = self._refusal.replace("{reason}", str(refused))
            entered = HTMLResponse(page, status_code=refused.status)
        await (self._app if entered is None else entered)(scope, body, answer)

    def _entered(self, scope: Scope) -> Response | None:
        """The way on for a browser that brings the token: its cookie, and the address without the token."""
        host = Headers(scope=scope).get("host", "")
        if host not in self._hosts:
            raise _RefusedError(421, "another host")
        query = scope["query_string"].decode("latin-1")
        token = parse_qs(query).get("token", [""])[-1]
        if not token or scope["method"] not in _READS:
            return None
        session = self._access.enter(token)
        if session is None:
            return None  # who comes back by an old address has a session, or is refused for want of one
        rest = urlencode([(name, value) for name, value in parse_qsl(query) if name != "token"])
        path = "/" + scope["path"].lstrip("/")  # "//host" would lead elsewhere
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        answer.set_cookie(self._cookie, session.key, httponly=True, samesite="strict")
        return answer

    def _session(self, scope: Scope) -> Session:
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        session = self._access.session(cookies.get(self._cookie, ""))
        if session is None:
            raise _RefusedError(403, "no session")
        return session

    async def _checked_body(self, scope: Scope, receive: Receive, session: Session) -> Receive:
        """The body of a request, whole; of one that changes something only if this site's own page sent it."""
        if scope["method"] in _READS:
            return receive
        headers = Headers(scope=scope)
        if headers.get("origin") != f"http://{headers['host']}":
            raise _RefusedError(403, "another origin")
        body = await _whole_body(scope, receive)
        if not is_same(_csrf(headers, body), session.csrf):
            raise _RefusedError(403, "no CSRF token")
        return _given_once(body, receive)


def _csrf(headers: Headers, body: bytes) -> str:
    if CSRF_HEADER in headers:
        return headers[CSRF_HEADER]
    if headers.get("content-type", "").split(";")[0].strip() != _FORM:
        return ""
    return dict(parse_qsl(body.decode("utf-8", "replace"))).get(CSRF_FIELD, "")


async def _whole_body(scope: Scope, receive: Receive) -> bytes:
    body = b""
    async for chunk in Request(scope, receive).stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _RefusedError(413, f"more than {LARGEST_BODY} bytes")
    return body


def _given_once(body: bytes, receive: Receive) -> Receive:
    """The body as one message, then whatever else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"]).update(_HEADERS)
        await send(message)

    return sending
