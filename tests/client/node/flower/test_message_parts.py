"""Parts of models: as Flower itself would make and read them."""

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.common.constant import FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE, SUPERLINK_NODE_ID
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.task_identity import TaskIdentity

from glsmed.client.node.flower.message_parts import hash_parts_once, message_of
from glsmed.shared.errors import WireError


@pytest.fixture(autouse=True)
def _identity() -> None:
    """Flower gives messages the run and the node that speak."""
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 5, SUPERLINK_NODE_ID, 1


def test_parts_of_a_reply_have_the_ids_that_flower_gives_them() -> None:
    data = np.random.default_rng(0).bytes(2 * FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE + 7)
    replies = []
    for _ in range(2):
        record = ArrayRecord()
        record["float32"] = Array("float32", (1,), "glsmed.packed", data)
        replies.append(RecordDict({"model": record}))
    plain, ours = replies
    message = Message(ours, 1, "train")
    hash_parts_once(message)
    assert ours.object_id == plain.object_id
    parts = message.content.array_records["model"]["float32"].children
    assert [part.deflate() for part in parts.values()] == [
        part.deflate() for part in plain.array_records["model"]["float32"].children.values()
    ]


def _message(*, parts: float) -> Message:
    """A message with two arrays, the larger of this many parts, and words beside them."""
    data = np.random.default_rng(1).bytes(int(parts * FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE))
    arrays = ArrayRecord()
    arrays["float32"] = Array("float32", (len(data) // 4,), "glsmed.packed", data)
    arrays["int64"] = Array("int64", (1,), "glsmed.packed", b"\0" * 8)
    return Message(RecordDict({"model": arrays, "head": ConfigRecord({"round": 3})}), 1, "train")


@pytest.mark.parametrize("parts", [0.001, 1, 2.5])
def test_a_message_is_joined_as_flower_joins_it(parts: float) -> None:
    sent = _message(parts=parts)
    contents = {one: content.deflate() for one, content in get_all_nested_objects(sent).items()}
    upstream = inflate_object_from_contents(sent.object_id, dict(contents), keep_object_contents=True)
    joined = message_of(sent.object_id, contents)
    assert joined.content == upstream.content == sent.content  # type: ignore[attr-defined]  # a message
    assert contents == {}


def test_a_part_that_comes_twice_in_an_array_is_joined_twice() -> None:
    arrays = ArrayRecord()
    data = b"\7" * (2 * FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE)
    arrays["uint8"] = Array("uint8", (len(data),), "glsmed.packed", data)
    sent = Message(RecordDict({"model": arrays}), 1, "train")
    contents = {one: content.deflate() for one, content in get_all_nested_objects(sent).items()}
    assert message_of(sent.object_id, contents).content.array_records["model"]["uint8"].data == data


def test_what_is_no_message_is_refused() -> None:
    record = ConfigRecord({"round": 3})
    with pytest.raises(WireError, match="expected a message, got a ConfigRecord"):
        message_of(record.object_id, {record.object_id: record.deflate()})
