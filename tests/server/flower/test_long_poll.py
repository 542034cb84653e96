"""Answers that are held back, against a small application that has messages or has none."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from glsmed.server.flower.long_poll import HELD, PARTS_AT_ONCE, RINGS, Hold, LongPolls

SITE, CENTRE, TASK = "/v1/fleet/pull-messages", "/v1/runtime/pull-messages", "/v1/runtime/acquire-task"
HOLD_SECONDS = 0.4
LONG_SECONDS = 30.0  # a hold that no test waits out: what ends below half of it was not held back
AT_ONCE_SECONDS = LONG_SECONDS / 2


def holds(seconds: float) -> dict[str, Hold]:
    return {
        SITE: Hold(seconds, "for_sites", until_answered=True),
        CENTRE: Hold(seconds, "for_centre"),
        TASK: Hold(seconds, "runs", asks_again=False),
    }


SHORT, LONG = holds(HOLD_SECONDS), holds(LONG_SECONDS)


class Waiting:
    """Flower's application, as far as it matters: a pull takes what the pushes before have brought."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.messages: list[bytes] = []
        self.asked = 0
        self.status = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        assert "seen" not in scope["state"], "the state of an earlier try"
        scope["state"]["seen"] = True
        if "pull" in request.url.path or "acquire" in request.url.path:
            self.asked += 1
            self.bodies.append(body)
            content = self.messages.pop() if self.messages else b""
            await Response(content, status_code=self.status)(scope, receive, send)
        else:
            if body:
                self.messages.append(body)
            await Response(b"stored", status_code=self.status)(scope, receive, send)


class Caller:
    def __init__(self, polls: LongPolls) -> None:
        self._polls = polls

    async def post(self, path: str, body: bytes = b"") -> bytes:
        transport = httpx.ASGITransport(app=self._with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return (await client.post(path, content=body)).content

    async def _with_state(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._polls({**scope, "state": {}}, receive, send)


def timed(
    talk: Callable[[Caller], Awaitable[object]], app: Waiting, held: Mapping[str, Hold] = LONG
) -> tuple[object, float]:
    async def run() -> tuple[object, float]:
        started = time.monotonic()
        answer = await talk(Caller(LongPolls(app, held)))
        return answer, time.monotonic() - started

    return asyncio.run(run())


async def _then(first: Awaitable[bytes], second: Callable[[], Awaitable[object]]) -> bytes:
    """Ask the first, let it wait a little, do the second; the first's answer."""
    waiting = asyncio.ensure_future(first)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await second()
    return await waiting


def test_a_message_that_is_there_is_handed_over_at_once() -> None:
    app = Waiting()
    app.messages.append(b"a message")
    answer, seconds = timed(lambda caller: caller.post(SITE), app)
    assert answer == b"a message"
    assert seconds < AT_ONCE_SECONDS


@pytest.mark.parametrize("path", [SITE, CENTRE, TASK])
def test_an_empty_answer_waits_its_time(path: str) -> None:
    app = Waiting()
    answer, seconds = timed(lambda caller: caller.post(path), app, SHORT)
    assert answer == b""
    assert seconds > 0.9 * HOLD_SECONDS
    assert app.asked == 1


@pytest.mark.parametrize(
    ("pull", "push"),
    [(SITE, "/v1/runtime/push-messages"), (CENTRE, "/v1/fleet/push-messages"), (CENTRE, "/v1/fleet/push-object")],
)
def test_a_push_wakes_who_waits_for_it(pull: str, push: str) -> None:
    app = Waiting()
    answer, seconds = timed(
        lambda caller: _then(caller.post(pull, b"who asks"), lambda: caller.post(push, b"a message")), app
    )
    assert answer == b"a message"
    assert seconds < AT_ONCE_SECONDS
    assert app.bodies == [b"who asks", b"who asks"]


def test_a_site_waits_on_when_the_message_was_for_another() -> None:
    app = Waiting()
    answer, seconds = timed(
        lambda caller: _then(caller.post(SITE), lambda: caller.post("/v1/runtime/push-messages")), app, SHORT
    )
    assert answer == b""
    assert seconds > 0.9 * HOLD_SECONDS


def test_the_centre_is_told_that_a_part_has_come_though_no_message_is_new() -> None:
    app = Waiting()
    answer, seconds = timed(
        lambda caller: _then(caller.post(CENTRE), lambda: caller.post("/v1/fleet/push-object")), app
    )
    assert answer == b""
    assert seconds < AT_ONCE_SECONDS


def test_a_request_that_is_valid_once_is_made_once() -> None:
    app = Waiting()
    answer, seconds = timed(
        lambda caller: _then(caller.post(TASK), lambda: caller.post("/v1/control/start-run", b"run")), app
    )
    assert answer == b""  # the executor asks again by itself
    assert app.asked == 1
    assert seconds < AT_ONCE_SECONDS


def test_a_push_that_failed_wakes_nobody() -> None:
    app = Waiting()

    async def fail(caller: Caller) -> None:
        app.status = 500
        await caller.post("/v1/runtime/push-messages", b"a message")
        app.status = 200

    _, seconds = timed(lambda caller: _then(caller.post(SITE), lambda: fail(caller)), app, SHORT)
    assert seconds > 0.9 * HOLD_SECONDS


def test_a_refusal_is_not_held_back() -> None:
    app = Waiting()
    app.status = 401
    _, seconds = timed(lambda caller: caller.post(SITE), app)
    assert seconds < AT_ONCE_SECONDS


def test_a_push_between_question_and_wait_is_not_missed() -> None:
    app = Waiting()
    polls: list[Caller] = []

    class Slow(Waiting):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            first = scope["path"] == SITE and self.asked == 0
            await super().__call__(scope, receive, send)
            if first:
                await polls[0].post("/v1/runtime/push-messages", b"a message")

    async def talk(caller: Caller) -> bytes:
        polls.append(caller)
        return await caller.post(SITE)

    app = Slow()
    answer, seconds = timed(talk, app)
    assert answer == b"a message"
    assert seconds < AT_ONCE_SECONDS


def test_no_more_than_so_many_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glsmed.server.flower.long_poll.MOST_HELD", 1)

    async def both(caller: Caller) -> bool:
        first = asyncio.ensure_future(caller.post(SITE))
        await asyncio.sleep(0.05)
        await caller.post(SITE)
        first_still_waits = not first.done()
        await first
        return first_still_waits

    assert timed(both, Waiting(), SHORT)[0]


def test_closing_lets_all_go() -> None:
    async def run() -> float:
        polls = LongPolls(Waiting(), LONG)
        started = time.monotonic()
        waiting = asyncio.ensure_future(Caller(polls).post(SITE))
        await asyncio.sleep(0.1)
        polls.close()
        assert await waiting == b""
        assert await Caller(polls).post(SITE) == b""
        return time.monotonic() - started

    assert asyncio.run(run()) < AT_ONCE_SECONDS


def test_a_client_that_goes_away_frees_its_place() -> None:
    async def run() -> float:
        polls = LongPolls(Waiting(), LONG)
        messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": b""}]
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        started = time.monotonic()
        await polls({"type": "http", "method": "POST", "path": SITE, "headers": [], "state": {}}, receive, send)
        assert sent == []
        return time.monotonic() - started

    assert asyncio.run(run()) < AT_ONCE_SECONDS


def test_holds_are_shorter_than_flowers_clients_wait() -> None:
    assert max(hold.seconds for hold in HELD.values()) < 25


def test_every_path_is_a_route_of_flowers() -> None:
    from flwr.supercore.protobuf.translation import PROTOBUF_REQUEST_TYPES

    assert {("POST", path) for path in (*HELD, *RINGS)} <= PROTOBUF_REQUEST_TYPES.keys()


@pytest.mark.parametrize("path", ["/v1/fleet/push-object", "/v1/fleet/pull-object"])
def test_few_parts_are_in_flowers_hands_at_once(path: str) -> None:
    """Positive control: other requests are not held back."""
    assert asyncio.run(_most_at_once(path)) == PARTS_AT_ONCE
    assert asyncio.run(_most_at_once("/v1/fleet/get-run")) == 8


async def _most_at_once(path: str) -> int:
    now, most = 0, 0

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal now, most
        await receive()
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(_message: Message) -> None:
        await asyncio.sleep(0)

    polls = LongPolls(app)
    await asyncio.gather(*(polls({"type": "http", "path": path}, receive, send) for _ in range(8)))
    return most
