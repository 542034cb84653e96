"""A reply made from its objects in the store's folder; whatever a site may have put there ends as one error."""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flwr.app import Array, ArrayRecord, Message
from flwr.supercore.inflatable.inflatable_object import (
    InflatableObject,
    get_object_body,
    get_object_children_ids_from_object_content,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents

from glsmed.server.flower.model_arrays import PART_BYTES, PartsArray, part_header, part_size
from glsmed.server.flower.object_folder import ObjectFolder
from glsmed.shared.files.atomic import PRIVATE_FOLDER

_FILED_FROM_BYTES = 2**16  # smaller arrays are read into memory
_MOST_OTHER_BYTES = 2**25  # of a reply's objects that are not parts of large arrays
_ARRAY_BEGINS = Array.__qualname__.encode() + b" "
_RECORD_BEGINS = ArrayRecord.__qualname__.encode() + b" "
_PART_BEGINS = part_header(0)[:-2]  # without length and divider


class ReplyRefusedError(Exception):
    """A reply is too large, or its objects do not make a message; says which."""


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    """Where replies are put, and how large one may be.

    Attributes:
        folder: for part files; on the disk of the store's folder, so that they can be linked.
        most_bytes: the largest reply; None while the model is not known.
    """

    folder: Path
    most_bytes: int | None = None


def inflate_reply(store: ObjectFolder, root: str, objects: Iterable[str], place: ReplyPlace) -> Message:
    """The message of a reply; the bytes of its large arrays are linked into a folder of ``place``.

    Args:
        store: where all objects of the reply are.
        root: the message's id.
        objects: ids of the message and of all below it.
        place: gets a folder for this reply.

    Raises:
        ReplyRefusedError: it is too large, or its objects do not make a message.
        OSError: the disk is full.
    """
    reply = _Reply(store, root, tuple(objects), place)
    try:
        message = reply.inflate()
    except FileNotFoundError:  # the run was stopped meanwhile, or the disk has lost a part
        reply.drop()
        raise ReplyRefusedError("a part is gone") from None
    except (OSError, ReplyRefusedError):
        reply.drop()
        raise
    except Exception as error:  # whatever the objects of a hostile site make Flower's classes raise
        reply.drop()
        raise ReplyRefusedError(f"its objects do not make a message ({type(error).__name__})") from None
    return message


class _Reply:
    """The objects of one reply."""

    def __init__(self, store: ObjectFolder, root: str, objects: Iterable[str], place: ReplyPlace) -> None:
        self._store = store
        self._root = root
        self._objects = objects
        self._folder = place.folder / root
        self._most_bytes = place.most_bytes
        self._sizes: dict[str, int] = {}

    def inflate(self) -> Message:
        self._sizes = {one: self._store.path_of(one).stat().st_size for one in self._objects}
        self._require_total(self._sizes.values())
        small = {one for one, size in self._sizes.items() if size < _FILED_FROM_BYTES or not self._is_part(one)}
        if sum(self._sizes[one] for one in small) > _MOST_OTHER_BYTES:
            raise ReplyRefusedError("larger than the study's model: too much beside its arrays")
        contents = {one: self._store.path_of(one).read_bytes() for one in small}
        objects = self._arrays(contents)
        for one, content in contents.items():
            if content.startswith(_RECORD_BEGINS):
                objects[one] = _array_record(content, objects)
        message = inflate_object_from_contents(self._root, contents, keep_object_contents=True, objects=objects)
        if not isinstance(message, Message):
            raise ReplyRefusedError(f"it is no message but {type(message).__name__}")
        return message

    def _arrays(self, contents: Mapping[str, bytes]) -> dict[str, InflatableObject]:
        """All arrays of the reply, the large ones in part files."""
        orders = {one: _part_order(content) for one, content in contents.items() if content.startswith(_ARRAY_BEGINS)}
        self._require_total(self._sizes[part] for order in orders.values() for part in order)
        arrays: dict[str, InflatableObject] = {}
        for one, order in orders.items():
            if sum(self._sizes[part] for part in order) >= _FILED_FROM_BYTES:
                arrays[one] = self._parts_array(one, contents[one], order)
            else:
                arrays[one] = inflate_object_from_contents(one, dict(contents))
        return arrays

    def drop(self) -> None:
        """Remove what was linked."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_part(self, one: str) -> bool:
        """Whether a large object begins as a part does; whether it is one is checked before it is linked."""
        with self._store.path_of(one).open("rb") as source:
            return source.read(len(_PART_BEGINS)) == _PART_BEGINS

    def _require_total(self, sizes: Iterable[int]) -> None:
        """Refuse a reply of more bytes; also one whose arrays name the same part over and over."""
        if self._most_bytes is not None and sum(sizes) > self._most_bytes:
            raise ReplyRefusedError(f"larger than the study's model: more than {self._most_bytes} bytes")

    def _parts_array(self, array: str, content: bytes, order: Sequence[str]) -> PartsArray:
        """An array with its parts linked, as Flower's ``Array.inflate`` reads its object."""
        held = {one: part_size(self._store.path_of(one)) for one in set(order)}
        if any(held[one] != PART_BYTES for one in order[:-1]) or held[order[-1]] > PART_BYTES:
            raise ReplyRefusedError("the parts of an array are not cut as Flower cuts them")
        body = json.loads(get_object_body(content, Array))
        return PartsArray(
            [self._link(one, f"{array}-{one}") for one in order],
            nbytes=sum(held[one] for one in order),
            dtype=str(body["dtype"]),
            shape=tuple(int(number) for number in body["shape"]),
            stype=str(body["stype"]),
        )

    def _link(self, one: str, name: str) -> Path:
        """Give a part a second name that stays when the store drops its own; on another disk, a copy."""
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        target = self._folder / name
        if not target.exists():
            try:
                os.link(self._store.path_of(one), target)
            except OSError:
                shutil.copyfile(self._store.path_of(one), target)
        return target


def _part_order(array: bytes) -> list[str]:
    """The ids of an array's parts in the order of its bytes, as ``Array.inflate`` reads them."""
    children = get_object_children_ids_from_object_content(array)
    return [children[number] for number in json.loads(get_object_body(array, Array))["arraychunk_ids"]]


def _array_record(content: bytes, arrays: Mapping[str, InflatableObject]) -> ArrayRecord:
    """The record with its arrays themselves; ``ArrayRecord.inflate`` would copy each as often as it has a name."""
    record = ArrayRecord()
    for name, one in json.loads(get_object_body(content, ArrayRecord)).items():
        array = arrays[one]
        if not isinstance(array, Array):
            raise ReplyRefusedError(f"a record of arrays names a {type(array).__name__}")
        record[name] = array
    return record
