"""Bodies in memory as far as there is room, and in files beyond."""

import asyncio
from pathlib import Path

import pytest
from starlette.types import Message

from glsmed.server.flower.doors.arriving_bodies import BodyRoom

PIECE = 1000


def _pieces(count: int, *, ends: bool = True) -> list[Message]:
    body: list[Message] = [
        {"type": "http.request", "body": bytes([number % 251]) * PIECE, "more_body": not ends or number < count - 1}
        for number in range(count)
    ]
    return body if ends else [*body, {"type": "http.disconnect"}]


async def _arrive(room: BodyRoom, messages: list[Message], most: list[int]) -> bytes | None:
    coming = iter(messages)

    async def receive() -> Message:
        await asyncio.sleep(0)
        most.append(room.held_bytes)
        return next(coming)

    with room.arriving() as body:
        if not await body.arrive(receive):
            return None
        return await body.whole()


@pytest.mark.parametrize("most_bytes", [0, 1500, 10_000, 10**9])
def test_a_body_comes_out_as_it_came_in(tmp_path: Path, most_bytes: int) -> None:
    room, most = BodyRoom(tmp_path, most_bytes), [0]
    sent = _pieces(9)
    assert asyncio.run(_arrive(room, sent, most)) == b"".join(message["body"] for message in sent)
    assert max(most) <= most_bytes
    assert room.held_bytes == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("most_bytes", "held_at_most"), [(5 * PIECE, 5 * PIECE), (10**9, 20 * 9 * PIECE)])
def test_twenty_at_once_hold_no_more_than_there_is_room(tmp_path: Path, most_bytes: int, held_at_most: int) -> None:
    room, most = BodyRoom(tmp_path, most_bytes), [0]
    sent = _pieces(9)

    async def all_of_them() -> list[bytes | None]:
        return await asyncio.gather(*(_arrive(room, sent, most) for _ in range(20)))

    assert asyncio.run(all_of_them()) == [b"".join(message["body"] for message in sent)] * 20
    assert held_at_most * 0.8 <= max(most) <= held_at_most  # with room for all, all of them are held
    assert room.held_bytes == 0


def test_a_body_that_breaks_off_is_none_and_holds_nothing(tmp_path: Path) -> None:
    room, most = BodyRoom(tmp_path, 1500), [0]
    assert asyncio.run(_arrive(room, _pieces(4, ends=False), most)) is None
    assert room.held_bytes == 0
