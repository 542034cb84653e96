"""The parts in which a model travels: hashed once, and joined with one copy.

Upstream hashes all parts anew each time that it asks for an id, and copies what came four times: part by part out of
its message, into a buffer that grows, and out of it again.
"""

import functools
import json
from collections.abc import Mapping

from flwr.app import Array, Message
from flwr.app.message.arraychunk import ArrayChunk
from flwr.common.constant import FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE
from flwr.supercore.constant import HEAD_BODY_DIVIDER
from flwr.supercore.inflatable.inflatable_object import (
    InflatableObject,
    get_object_body,
    get_object_children_ids_from_object_content,
    get_object_id,
    get_object_type_from_object_content,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents

from glsmed.shared.errors import WireError


class Part(ArrayChunk):
    """A part of an array that computes its id once."""

    __qualname__ = ArrayChunk.__qualname__  # Flower writes it into the header

    @functools.cached_property
    def object_id(self) -> str:
        """SHA-256 of the part as it is sent."""
        return get_object_id(self.deflate())


def hash_parts_once(message: Message) -> None:
    """Cut the arrays of a message into parts whose ids are known from then on."""
    if message.has_error():
        return
    for record in message.content.array_records.values():
        for array in record.values():
            view = memoryview(array.data)
            starts = range(0, len(view), FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE)
            parts = [Part(view[start : start + FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE]) for start in starts]
            array.__dict__["_chunks"] = [(part.object_id, part) for part in parts]


def message_of(root: str, contents: dict[str, bytes]) -> Message:
    """The message with the id ``root`` from its objects' contents by id, which are taken out of the mapping.

    Raises:
        WireError: an object is not as Flower writes it, or one that another refers to is missing.
    """
    try:
        parts = _taken_out(contents, ArrayChunk)
        objects: dict[str, InflatableObject] = {
            array_id: _joined(content, parts) for array_id, content in _taken_out(contents, Array).items()
        }
        message = inflate_object_from_contents(root, contents, objects=objects)
    except Exception as error:  # upstream's readers raise all kinds of errors on bytes that they did not write
        raise WireError(f"a message's parts are not as Flower writes them: {type(error).__name__}") from None
    if not isinstance(message, Message):
        raise WireError(f"expected a message, got a {type(message).__name__}")
    return message


def _taken_out(contents: dict[str, bytes], kind: type[InflatableObject]) -> dict[str, bytes]:
    """The contents that are of this kind, out of the mapping."""
    ids = [
        one for one, content in contents.items() if get_object_type_from_object_content(content) == kind.__qualname__
    ]
    return {one: contents.pop(one) for one in ids}


def _joined(content: bytes, parts: Mapping[str, bytes]) -> Array:
    """An array from its own content and its parts'."""
    described = json.loads(get_object_body(content, Array))
    ids = get_object_children_ids_from_object_content(content)
    data = b"".join(_body(parts[ids[index]]) for index in described["arraychunk_ids"])
    return Array(str(described["dtype"]), tuple(described["shape"]), str(described["stype"]), data)


def _body(content: bytes) -> memoryview:
    return memoryview(content)[content.index(HEAD_BODY_DIVIDER) + len(HEAD_BODY_DIVIDER) :]
