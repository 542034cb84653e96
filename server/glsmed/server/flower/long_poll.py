"""Answers that wait: an empty "no messages" is held back until there is something to say, or some seconds have passed.

A site that asks every half second costs the centre a signature check and several statements each time, and still sees
a message late. Here its request waits in the event loop, without a thread, and is asked again as soon as a message
went in.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glsmed.server.flower.doors.arriving_bodies import BodyRoom
from glsmed.shared.wire.whole_bodies import replay, whole_body

SITE_HOLD_SECONDS = 10.0  # Flower's clients give up after 30 s without an answer
MOST_HELD = 500  # at once; who comes then is answered as if nothing were held
PARTS_AT_ONCE = 2  # parts of models in Flower's hands at the same time: each takes some copies of its 5 MiB there
CENTRE_HOLD_SECONDS = 1.0  # the round process looks at its clock in between

_FIRST_ERROR = 400  # of HTTP's status codes
_FLEET, _RUNTIME, _CONTROL = "/v1/fleet/", "/v1/runtime/", "/v1/control/"


@dataclass(frozen=True, slots=True)
class Hold:
    """How an empty answer is held back.

    Attributes:
        seconds: at most so long.
        until: the bell that ends the wait.
        asks_again: whether the request is then made again; else its empty answer goes out. A request that carries a
            number which is valid once cannot be made again.
        until_answered: whether it goes on waiting after an answer that is empty again.
    """

    seconds: float
    until: str
    asks_again: bool = True
    until_answered: bool = False


HELD: Mapping[str, Hold] = {
    _FLEET + "pull-messages": Hold(SITE_HOLD_SECONDS, "for_sites", until_answered=True),
    _RUNTIME + "pull-messages": Hold(CENTRE_HOLD_SECONDS, "for_centre"),
    _RUNTIME + "acquire-task": Hold(SITE_HOLD_SECONDS, "runs", asks_again=False),
}
RINGS: Mapping[str, str] = {
    _RUNTIME + "push-messages": "for_sites",
    _FLEET + "push-messages": "for_centre",
    _FLEET + "push-object": "for_centre",
    _CONTROL + "start-run": "runs",
}


_PART_UP, _PART_DOWN = _FLEET + "push-object", _FLEET + "pull-object"


class Bell:
    """Wakes all that wait for it; whoever starts to listen before it rings is not too late."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake all that listen."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    def listen(self) -> asyncio.Event:
        """What is set when the bell next rings."""
        return self._next


class LongPolls:
    """An ASGI application that holds back empty answers of another; both listeners share one.

    Args:
        app: Flower's application.
        holds: what is held back, by path.
        bodies: where parts of models wait for their turn; None: a room of its own.
    """

    def __init__(self, app: ASGIApp, holds: Mapping[str, Hold] = HELD, *, bodies: BodyRoom | None = None) -> None:
        self._app = app
        self._holds = holds
        self._bodies = bodies or BodyRoom()
        self._bells = {name: Bell() for name in {*RINGS.values(), *(hold.until for hold in holds.values())}}
        self._parts = asyncio.Semaphore(PARTS_AT_ONCE)
        self._is_closed = False
        self._held = 0
        self.served = 0  # requests about messages and their parts, without those that only ask for news

    def close(self) -> None:
        """Let every request go that is held, and hold none from now on: the listeners are shutting down."""
        self._is_closed = True
        for bell in self._bells.values():
            bell.ring()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        self.served += path.startswith((_FLEET, _RUNTIME)) and path not in self._holds
        if scope["type"] == "http" and path in self._holds and not self._is_closed and self._held < MOST_HELD:
            self._held += 1
            try:
                await self._hold(scope, receive, send, self._holds[path])
            finally:
                self._held -= 1
        elif scope["type"] == "http" and path in RINGS:
            await self._take(scope, receive, self._ringing(send, self._bells[RINGS[path]]))
        elif scope["type"] == "http" and path == _PART_DOWN:
            await self._give(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request once its body is there; a slow line keeps nobody waiting."""
        with self._bodies.arriving() as body:
            if not await body.arrive(receive):
                return
            async with self._parts if scope["path"] == _PART_UP else nullcontext():
                await self._app(scope, replay(await body.whole(), _never), send)

    async def _give(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make a part's answer, then send it: a slow line keeps nobody waiting."""
        body = await whole_body(receive)
        if body is None:
            return
        async with self._parts:
            answer = await self._ask(scope, body)
        for message in answer:
            await send(message)

    @staticmethod
    def _ringing(send: Send, bell: Bell) -> Send:
        """``send`` that rings once a good answer is out."""
        good = False

        async def forward(message: Message) -> None:
            nonlocal good
            if message["type"] == "http.response.start":
                good = message["status"] < _FIRST_ERROR
            await send(message)
            if good and message["type"] == "http.response.body" and not message.get("more_body", False):
                bell.ring()

        return forward

    async def _hold(self, scope: Scope, receive: Receive, send: Send, hold: Hold) -> None:
        body = await whole_body(receive)
        if body is None:
            return
        end = asyncio.get_running_loop().time() + hold.seconds
        with _watching_for_the_end(receive) as gone:
            while True:
                rung = self._bells[hold.until].listen()
                answer = await self._ask(scope, body)
                if not _is_empty(answer) or self._is_closed:
                    break
                heard = await _first_of(rung, gone, end=end)
                if gone.done():
                    return
                if heard and hold.asks_again and not hold.until_answered:
                    answer = await self._ask(scope, body)
                if not (heard and hold.until_answered):
                    break
        for message in answer:
            await send(message)

    async def _ask(self, scope: Scope, body: bytes) -> list[Message]:
        """The application's answer; it writes into ``state``, so each time it gets a new one."""
        answer: list[Message] = []

        async def send(message: Message) -> None:
            answer.append(message)

        await self._app({**scope, "state": dict(scope.get("state", {}))}, replay(body, _never), send)
        return answer


async def _never() -> Message:
    """Whether the client has gone is watched elsewhere."""
    return await asyncio.Future()


@contextmanager
def _watching_for_the_end(receive: Receive) -> Iterator["asyncio.Task[Message]"]:
    """A task that is done once the client has gone away."""
    gone: asyncio.Task[Message] = asyncio.ensure_future(_until_gone(receive))
    try:
        yield gone
    finally:
        gone.cancel()


async def _until_gone(receive: Receive) -> Message:
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message


async def _first_of(rung: asyncio.Event, gone: "asyncio.Task[Message]", *, end: float) -> bool:
    """Wait for the bell, the client's end or the time; returns whether the bell rang."""
    left = end - asyncio.get_running_loop().time()
    bell = asyncio.ensure_future(rung.wait())
    try:
        await asyncio.wait({bell, gone}, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED)
        return bell.done()
    finally:
        bell.cancel()


def _is_empty(answer: list[Message]) -> bool:
    """Whether the application answered "nothing" well: an empty protobuf message is an empty body."""
    started = [message["status"] for message in answer if message["type"] == "http.response.start"]
    return started == [200] and not any(message.get("body", b"") for message in answer)
