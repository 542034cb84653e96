"""Objects as a site may make them by hand, good and bad."""

import json
import os
from collections.abc import Mapping

from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import get_object_id

Objects = Mapping[str, bytes]


def stored(kind: str, children: list[str], body: bytes) -> tuple[str, bytes]:
    content = f"{kind} {','.join(children)} {len(body)}".encode() + b"\0" + body
    return get_object_id(content), content


def flat(root: tuple[str, bytes], *others: tuple[str, bytes]) -> tuple[Objects, ObjectTree]:
    tree = ObjectTree(object_id=root[0], children=[ObjectTree(object_id=one) for one, _ in others])
    return dict([root, *others]), tree


def of_a_message(*below: tuple[str, bytes]) -> tuple[Objects, ObjectTree]:
    """Objects under a good message, whose content is the first."""
    body = stored("Message", [below[0][0]], b"")
    return flat(body, *below)


def an_array(parts: list[tuple[str, bytes]], order: list[int]) -> list[tuple[str, bytes]]:
    body = json.dumps({"dtype": "float32", "shape": [1], "stype": "packed", "arraychunk_ids": order}).encode()
    array = stored("Array", [one for one, _ in parts], body)
    return [*a_record_of(array), array, *parts]


def a_record_of(one: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    arrays = stored("ArrayRecord", [one[0]], json.dumps({"float32": one[0]}).encode())
    return [stored("RecordDict", [arrays[0]], json.dumps({"model": arrays[0]}).encode()), arrays]


def a_part(size: int, *, kind: str = "ArrayChunk") -> tuple[str, bytes]:
    return stored(kind, [], os.urandom(size))


def a_chain(length: int) -> list[tuple[str, bytes]]:
    chain = [stored("RecordDict", [], b"{}")]
    for _ in range(length):
        chain.append(stored("RecordDict", [chain[-1][0]], b"{}"))
    return chain[::-1]
