"""The Grid of the round process against a real SuperLink and sites that speak its Fleet API."""

import errno
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.common.constant import ErrorCode
from flwr.proto.message_pb2 import ObjectTree, PushObjectRequest, PushObjectResponse
from flwr.supercore.inflatable.inflatable_object import InflatableObject, get_all_nested_objects, get_object_tree

from glsmed.server.flower.model_arrays import FileArray, PartsArray, array_record
from glsmed.server.flower.object_folder import ObjectFolder
from glsmed.server.flower.store_grid import StoreGrid
from glsmed.shared.errors import FederationError

from .conftest import MOST_BYTES, Link, Site, array_of, number_of
from .objects import Objects, a_part, an_array, flat, of_a_message, stored

Sites = tuple[Site, Site]
MODEL_BYTES = 5 * 2**20 + 7


@pytest.fixture
def model(tmp_path: Path) -> bytes:
    content = np.random.default_rng(5).bytes(MODEL_BYTES)
    (tmp_path / "model").write_bytes(b"before" + content + b"after")
    return content


@pytest.fixture
def record(model: bytes, tmp_path: Path) -> RecordDict:
    array = FileArray(
        tmp_path / "model", offset=6, nbytes=len(model), dtype="uint8", shape=(len(model),), stype="packed"
    )
    return RecordDict({"model": array_record({"uint8": array}), "head": ConfigRecord({"round": 3})})


def send(grid: StoreGrid, record: RecordDict, sites: Sites) -> list[str]:
    messages = [Message(record, site.node.node_id, "train", ttl=60, group_id="3") for site in sites]
    return grid.push_messages(messages)


def received(site: Site) -> Message:
    message = site.receive()
    assert message is not None
    return message


def replies(grid: StoreGrid, ids: list[str], *, seconds: float = 60, fewest: int | None = None) -> list[Message]:
    """What comes in time; all of it, or at least so many."""
    deadline = time.monotonic() + seconds
    got: list[Message] = []
    while len(got) < (len(ids) if fewest is None else fewest) and time.monotonic() < deadline:
        waiting = [one for one in ids if one not in {message.metadata.reply_to_message_id for message in got}]
        got += grid.pull_messages(waiting)
    return got


def files(link: Link) -> list[str]:
    return sorted(path.name for path in link.settings.objects.rglob("*") if path.is_file() and path.name != "boot")


def test_a_model_reaches_every_site_as_it_is_in_the_file(
    grid: StoreGrid, sites: Sites, record: RecordDict, model: bytes
) -> None:
    ids = send(grid, record, sites)
    assert all(ids)
    assert len(set(ids)) == 2
    for site in sites:
        message = received(site)
        assert number_of(message, "round") == 3
        array = array_of(message, "uint8")
        assert type(array) is Array
        assert (array.data, array.dtype, array.shape, array.stype) == (model, "uint8", (len(model),), "packed")


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_named_where_a_model_is_handed_over(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ObjectFolder, "write", _full)
    with pytest.raises(FederationError, match=f"{link.settings.objects} .*No space left.*make room"):
        send(grid, record, sites)


def test_no_object_goes_over_the_network(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    upstream = grid._runtime_client.PushObject

    def push(request: PushObjectRequest) -> PushObjectResponse:
        sent.append(request.ByteSize())
        return upstream(request)

    monkeypatch.setattr(grid._runtime_client, "PushObject", push)
    send(grid, record, sites)
    assert sent == []


def test_a_part_that_the_store_misses_is_sent(
    grid: StoreGrid, sites: Sites, record: RecordDict, model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "_hand_over", lambda objects: None)
    send(grid, record, sites)
    assert array_of(received(sites[0]), "uint8").data == model


def test_what_every_site_has_fetched_is_dropped(grid: StoreGrid, sites: Sites, record: RecordDict, link: Link) -> None:
    before = files(link)
    send(grid, record, sites)
    received(sites[0])
    assert len(files(link)) > len(before)
    received(sites[1])
    assert files(link) == before


def update_of(content: bytes) -> RecordDict:
    array = Array(dtype="float32", shape=(len(content) // 4,), stype="packed", data=content)
    return RecordDict({"model": ArrayRecord({"float32": array}), "head": ConfigRecord({"cells": 12})})


@pytest.mark.parametrize("size", [2**16, 5 * 2**20, MODEL_BYTES])
def test_a_large_array_of_a_reply_is_in_part_files(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link, size: int
) -> None:
    content = np.random.default_rng(6).bytes(size)
    before = files(link)
    ids = send(grid, record, sites)
    for site in sites:
        site.answer(received(site), update_of(content))
    first, second = replies(grid, ids)
    assert {first.metadata.src_node_id, second.metadata.src_node_id} == {site.node.node_id for site in sites}
    assert number_of(first, "cells") == 12
    array, other = array_of(first, "float32"), array_of(second, "float32")
    assert isinstance(array, PartsArray)
    assert (array.nbytes, array.dtype, array.shape, array.stype) == (size, "float32", (size // 4,), "packed")
    assert array.data == content
    assert array.read(size // 2 - 5, size // 2 + 5) == content[size // 2 - 5 : size // 2 + 5]
    assert files(link) == before
    array.close()
    assert other.data == content
    with pytest.raises(FileNotFoundError):
        array.read(0, 1)


def test_a_small_array_of_a_reply_is_in_memory(grid: StoreGrid, sites: Sites, record: RecordDict) -> None:
    ids = send(grid, record, sites)[:1]
    sites[0].answer(received(sites[0]), update_of(b"1234"))
    (reply,) = replies(grid, ids)
    assert type(array_of(reply, "float32")) is Array
    assert array_of(reply, "float32").data == b"1234"


def test_a_reply_that_still_arrives_holds_nobody_up(grid: StoreGrid, sites: Sites, record: RecordDict) -> None:
    ids = send(grid, record, sites)
    slow = Message(update_of(bytes(MODEL_BYTES)), reply_to=received(sites[0]))
    announced = sites[0].announce(slow)
    sites[0].upload(slow, announced, only=1)
    sites[1].answer(received(sites[1]), update_of(b"1234"))
    (fast,) = replies(grid, ids, fewest=1)
    assert fast.metadata.src_node_id == sites[1].node.node_id
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        assert grid.pull_messages(ids[:1]) == []
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1.0
    sites[0].upload(slow, announced)
    (late,) = replies(grid, ids[:1])
    assert array_of(late, "float32").data == bytes(MODEL_BYTES)


def test_an_upload_that_broke_off_ends_as_a_lost_reply(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link
) -> None:
    ids = send(grid, record, sites)[:1]
    broken = Message(update_of(bytes(MODEL_BYTES)), reply_to=received(sites[0]))
    announced = sites[0].announce(broken)
    sites[0].upload(broken, announced, only=1)
    assert replies(grid, ids, seconds=0.5) == []
    link.state._cleanup_push_session(announced.session_id, cleanup_messages=True)  # as after its three minutes
    (reply,) = replies(grid, ids)
    assert reply.error.code == ErrorCode.MESSAGE_UNAVAILABLE
    assert reply.metadata.reply_to_message_id == ids[0]


def test_a_part_that_was_lost_on_the_disk_ends_as_a_lost_reply(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link
) -> None:
    ids = send(grid, record, sites)[:1]
    reply = sites[0].answer(received(sites[0]), update_of(b"1234"))
    next(path for path in link.settings.objects.rglob(reply.object_id)).unlink()
    (error,) = replies(grid, ids)
    assert error.error.code == ErrorCode.MESSAGE_UNAVAILABLE


def hostile(grid: StoreGrid, sites: Sites, record: RecordDict, objects: Objects, tree: ObjectTree) -> Message:
    """The centre's message about a reply with these objects; the other site's reply must still arrive."""
    ids = send(grid, record, sites)
    bad = Message(update_of(b"1234"), reply_to=received(sites[0]))
    root = tree.object_id
    bad.__dict__["_object_id"] = root
    bad.metadata.__dict__["_message_id"] = root
    threading.Thread(target=lambda: sites[1].answer(received(sites[1]), update_of(b"good"))).start()
    _announce_raw(sites[0], bad, tree, objects)
    got = {message.metadata.reply_to_message_id: message for message in replies(grid, ids)}
    assert array_of(got[ids[1]], "float32").data == b"good"
    return got[ids[0]]


def _announce_raw(site: Site, reply: Message, tree: ObjectTree, objects: Objects) -> None:
    from flwr.app.message import remove_content_from_message
    from flwr.common.serde import message_to_proto
    from flwr.proto.fleet_pb2 import PushMessagesRequest

    reply.metadata.__dict__["_src_node_id"] = site.node.node_id
    envelope = message_to_proto(remove_content_from_message(reply))
    envelope.metadata.message_id = tree.object_id
    response = site.client.PushMessages(
        PushMessagesRequest(node=site.node, messages_list=[envelope], message_object_trees=[tree])
    )
    for object_id in response.objects_to_push:
        site.client.PushObject(
            PushObjectRequest(
                node=site.node,
                run_id=reply.metadata.run_id,
                object_id=object_id,
                object_content=objects[object_id],
                session_id=response.session_id,
            )
        )


HOSTILE: Mapping[str, Callable[[], tuple[Objects, ObjectTree]]] = {
    "another kind at the root": lambda: flat(stored("ConfigRecord", [], b"")),
    "a child that did not come": lambda: flat(stored("Message", ["a" * 64], b"")),
    "a small part over and over": lambda: of_a_message(*an_array([a_part(60_000)], [0] * 100_000)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_reply_is_an_error_of_that_site_alone(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link, what: str
) -> None:
    objects, tree = HOSTILE[what]()
    reply = hostile(grid, sites, record, objects, tree)
    assert reply.error.code == ErrorCode.MESSAGE_UNAVAILABLE
    assert grid._arriving == {}
    assert not any(link.settings.objects.rglob(tree.object_id))
    assert [path for path in grid._replies.folder.rglob("*") if path.is_file()] == []


def test_a_reply_of_too_many_bytes_is_stopped_on_its_way(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link
) -> None:
    ids = send(grid, record, sites)[:1]
    large = Message(update_of(os.urandom(MOST_BYTES)), reply_to=received(sites[0]))
    kept = sites[0].upload(large, sites[0].announce(large))
    assert kept[0]
    assert not kept[-1]
    (reply,) = replies(grid, ids)
    assert "larger than the study's model" in (reply.error.reason or "")


def test_a_reply_of_too_many_objects_is_not_registered(
    grid: StoreGrid, sites: Sites, record: RecordDict, link: Link
) -> None:
    ids = send(grid, record, sites)[:1]
    reply = Message(update_of(b"1234"), reply_to=received(sites[0]))
    tree = get_object_tree(reply)
    tree.children.extend(ObjectTree(object_id=f"{number:064x}") for number in range(25_000))
    before = len(link.state.object_store)
    response = sites[0].announce(reply, tree)
    assert list(response.objects_to_push) == [reply.object_id]
    assert len(link.state.object_store) == before + 1
    (error,) = replies(grid, ids)
    assert "larger than the study's model" in (error.error.reason or "")


def test_the_grid_refuses_what_is_beyond_its_own_limit(grid: StoreGrid, sites: Sites, record: RecordDict) -> None:
    grid.limit_replies(2**20)
    ids = send(grid, record, sites)[:1]
    sites[0].answer(received(sites[0]), update_of(bytes(2**20)))
    (reply,) = replies(grid, ids)
    assert "larger than the study's model: more than 1048576 bytes" in (reply.error.reason or "")


def test_who_sent_a_reply_is_what_the_superlink_says(grid: StoreGrid, sites: Sites, record: RecordDict) -> None:
    ids = send(grid, record, sites)[:1]
    reply = Message(update_of(b"1234"), reply_to=received(sites[0]))
    reply.metadata.__dict__["_src_node_id"] = sites[1].node.node_id
    reply.metadata.__dict__["_reply_to_message_id"] = "f" * 64
    tree, objects = get_object_tree(reply), {one: part.deflate() for one, part in _nested(reply).items()}
    reply.metadata.__dict__["_reply_to_message_id"] = ids[0]
    _announce_raw(sites[0], reply, tree, objects)
    (got,) = replies(grid, ids)
    assert got.metadata.src_node_id == sites[0].node.node_id
    assert got.metadata.reply_to_message_id == ids[0]


def _nested(message: Message) -> Mapping[str, InflatableObject]:
    return get_all_nested_objects(message)


def test_who_is_online_is_known(grid: StoreGrid, sites: Sites) -> None:
    assert set(grid.get_node_ids()) == {site.node.node_id for site in sites}
