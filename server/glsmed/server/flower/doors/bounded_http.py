"""One connection of HTTP, of which neither its headers nor its silence has more than its due.

uvicorn reads headers of any size for any time, and queues any number of requests that come before the answer.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from glsmed.server.flower.doors.client_certificates import CERTIFIED, certified_key
from glsmed.server.flower.doors.entrance import PLACE, Place
from glsmed.server.flower.doors.limits import Limits


class HeadRefusedError(Exception):
    """Ends the parser's work on a request that has been answered already."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with limits; it gives its place back when the connection ends."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        limits: Limits,
        place: Place,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._limits = limits
        self._place = place
        self._certified: bytes | None = None
        self._is_in_head = self._is_in_request = False
        self._head_bytes = 0
        self._heard = 0.0
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to count and to time."""
        super().connection_made(transport)
        self._certified = certified_key(transport)
        self._place.end_with(transport.abort)
        self._time("stranger", self._limits.stranger_seconds, self._end_stranger)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock, and give the place back."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._place.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the headers stay small."""
        if self.transport.is_closing():
            return
        self._heard = self.loop.time()
        if not self._is_in_request:
            self._expect_head()
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Let the request know its connection's place."""
        if self.pipeline:  # one may wait: an answer's last byte arrives before the application has said that it ends
            self._refuse_in_parser(HTTPStatus.BAD_REQUEST)
        super().on_message_begin()
        self.scope[PLACE] = self._place  # type: ignore[literal-required]  # ASGI's scopes are open
        self.scope[CERTIFIED] = self._certified  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        """Read on, unless the path is too long."""
        super().on_url(url)
        self._require_small_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read on, unless there are too many headers."""
        super().on_header(name, value)
        self._require_small_head()

    def on_headers_complete(self) -> None:
        """From now on it is the body that is waited for."""
        self._is_in_head = False
        self._stop("head")
        self._time("silence", self._limits.silent_seconds, self._end_silent)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Nothing more is waited for."""
        self._is_in_request = False
        self._stop("silence")
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that a request makes no sense, unless it has been told something else."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _expect_head(self) -> None:
        self._is_in_head = self._is_in_request = True
        self._head_bytes = 0
        self._time("head", self._limits.head_seconds, self._place.cut)

    def _require_small_head(self) -> None:
        if len(self.headers) > self._limits.head_lines or self._parsed_bytes() > self._limits.head_bytes:
            self._refuse_in_parser(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse_in_parser(self, status: HTTPStatus) -> None:
        self._refuse(status)
        raise HeadRefusedError

    def _refuse(self, status: HTTPStatus) -> None:
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode("ascii")
        )
        self.transport.close()

    def _end_stranger(self) -> None:
        if self._place.is_stranger:
            self._place.cut()

    def _end_silent(self) -> None:
        """Cut a connection whose body does not come; while nobody here reads it, it cannot come."""
        left = self._heard + self._limits.silent_seconds - self.loop.time()
        if left > 0 or self.flow.read_paused:
            self._time("silence", max(left, 1.0), self._end_silent)
        else:
            self._place.cut()

    def _time(self, name: str, seconds: float, then: Any) -> None:
        self._stop(name)
        self._timers[name] = self.loop.call_later(seconds, then)

    def _stop(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
