"""What a site may have put into the store, and what becomes of it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects

from glsmed.server.flower.in_process import GridInProcess
from glsmed.server.flower.model_arrays import PART_BYTES as PART
from glsmed.server.flower.model_arrays import PartsArray
from glsmed.server.flower.object_folder import ObjectFolder
from glsmed.server.flower.reply_objects import ReplyPlace, ReplyRefusedError, inflate_reply

from .conftest import array_of, number_of
from .objects import Objects, a_chain, a_part, a_record_of, an_array, flat, of_a_message, stored

MOST_BYTES = 24 * 2**20


@pytest.fixture
def store(tmp_path: Path) -> ObjectFolder:
    return ObjectFolder(tmp_path / "objects")


@pytest.fixture
def place(tmp_path: Path) -> ReplyPlace:
    return ReplyPlace(tmp_path / "incoming", MOST_BYTES)


def keep(store: ObjectFolder, objects: Objects) -> None:
    for one, content in objects.items():
        store.write(one, [content])


def linked(place: ReplyPlace) -> list[Path]:
    return [path for path in place.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1000, 2**16, PART - 1, PART, PART + 1, 3 * PART])
@pytest.mark.parametrize("is_random", [True, False], ids=["random", "zeros"])
@pytest.mark.usefixtures("identity")
def test_a_good_reply_comes_out_as_it_went_in(
    store: ObjectFolder, place: ReplyPlace, size: int, is_random: bool
) -> None:
    data = np.random.default_rng(1).bytes(size) if is_random else bytes(size)
    array = Array(dtype="uint8", shape=(size,), stype="packed", data=data)
    content = RecordDict({"model": ArrayRecord({"a": array, "again": array}), "head": ConfigRecord({"n": 2})})
    message = Message(content, 7, "train")
    objects = {one: part.deflate() for one, part in get_all_nested_objects(message).items()}
    keep(store, objects)
    got = inflate_reply(store, message.object_id, objects, place)
    assert number_of(got, "n") == 2
    for name in ("a", "again"):
        assert array_of(got, name).data == data
        assert (array_of(got, name).dtype, array_of(got, name).shape) == ("uint8", (size,))
        assert isinstance(array_of(got, name), PartsArray) is (size >= 2**16)
    assert bool(linked(place)) is (size >= 2**16)


@pytest.mark.usefixtures("identity")
def test_arrays_that_share_a_part_are_closed_apart(store: ObjectFolder, place: ReplyPlace) -> None:
    zeros, longer = (Array("uint8", (size,), "packed", bytes(size)) for size in (PART, PART + 9))
    message = Message(RecordDict({"model": ArrayRecord({"a": zeros, "b": longer})}), 7, "train")
    objects = {one: part.deflate() for one, part in get_all_nested_objects(message).items()}
    keep(store, objects)
    got = inflate_reply(store, message.object_id, objects, place)
    first, second = array_of(got, "a"), array_of(got, "b")
    assert isinstance(first, PartsArray)
    assert isinstance(second, PartsArray)
    first.close()
    assert second.data == bytes(PART + 9)
    second.close()
    assert list(place.folder.iterdir()) == []


@pytest.mark.usefixtures("identity")
def test_a_part_that_vanishes_is_a_lost_reply(store: ObjectFolder, place: ReplyPlace) -> None:
    objects, tree = of_a_message(*an_array([a_part(PART)], [0]))
    with pytest.raises(ReplyRefusedError, match="a part is gone"):
        inflate_reply(store, tree.object_id, objects, place)


@pytest.fixture
def identity() -> None:
    """Messages need a sender."""
    _Nowhere()


class _Nowhere(GridInProcess):
    def get_node_ids(self) -> list[int]:
        return []

    def push_messages(self, messages: object) -> list[str]:
        return []

    def pull_messages(self, message_ids: object) -> list[Message]:
        return []

    def send_and_receive(self, messages: object, *, timeout: float | None = None) -> list[Message]:
        return []


HOSTILE: Mapping[str, Callable[[], tuple[Objects, ObjectTree]]] = {
    "a record of arrays that names another kind": lambda: of_a_message(
        *a_record_of(stored("ConfigRecord", [], b"")), stored("ConfigRecord", [], b"")
    ),
    "another kind at the root": lambda: flat(stored("ConfigRecord", [], b"")),
    "a kind that only tests of Flower know": lambda: flat(stored("CustomDataClass", [], b"")),
    "a child that did not come": lambda: flat(stored("Message", ["a" * 64], b"")),
    "a message that is no protobuf": lambda: of_a_message(stored("RecordDict", [], b"\xff\xfe")),
    "children in a long chain": lambda: of_a_message(*a_chain(3000)),
    "an array with parts out of its list": lambda: of_a_message(*an_array([a_part(PART)], [0, 7])),
    "an array that lists what it does not use": lambda: of_a_message(*an_array([a_part(PART), a_part(9)], [0])),
    "a first part that is short": lambda: of_a_message(*an_array([a_part(PART - 1), a_part(9)], [0, 1])),
    "a last part that is long": lambda: of_a_message(*an_array([a_part(PART), a_part(PART + 1)], [0, 1])),
    "a part of another kind": lambda: of_a_message(*an_array([a_part(PART, kind="ArrayRecord")], [0])),
    "a small part over and over": lambda: of_a_message(*an_array([a_part(60_000)], [0] * 100_000)),
    "a large part over and over": lambda: of_a_message(*an_array([a_part(PART)], [0] * 100)),
    "an array whose body is no JSON": lambda: of_a_message(stored("Array", [], b"[")),
    "an array with a strange shape": lambda: of_a_message(
        stored("RecordDict", [], b"{}"), stored("Array", [], b'{"arraychunk_ids": {"a": 1}, "shape": "x"}')
    ),
    "much beside its arrays": lambda: of_a_message(
        *[stored("ConfigRecord", [], os.urandom(9 * 2**20)) for _ in "1234"]
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_reply_is_refused_and_leaves_nothing(store: ObjectFolder, place: ReplyPlace, what: str) -> None:
    objects, tree = HOSTILE[what]()
    keep(store, objects)
    with pytest.raises(ReplyRefusedError):
        inflate_reply(store, tree.object_id, objects, place)
    assert linked(place) == []


def test_a_reply_of_too_many_bytes_is_named_as_such(store: ObjectFolder, place: ReplyPlace) -> None:
    objects, tree = of_a_message(*an_array([a_part(PART) for _ in range(6)], list(range(6))))
    keep(store, objects)
    with pytest.raises(ReplyRefusedError, match=f"larger than the study's model: more than {MOST_BYTES} bytes"):
        inflate_reply(store, tree.object_id, objects, place)
