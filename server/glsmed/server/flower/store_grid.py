"""Flower's Grid of the round process, with models handed over as files instead of requests.

The round process and the SuperLink share a disk. A model for the sites is written into the store's folder before
Flower is told of the message; the parts of an update are taken from there by hard links.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flwr.app import Error, Message
from flwr.app.message import make_message, remove_content_from_message
from flwr.app.metadata import Metadata
from flwr.common.constant import ErrorCode
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.message_pb2 import ConfirmMessageReceivedRequest, ObjectTree, PullObjectRequest, PushObjectRequest
from flwr.proto.runtime_pb2 import PullAppMessagesRequest, PushAppMessagesRequest
from flwr.supercore.constant import SYSTEM_MESSAGE_TYPE
from flwr.supercore.inflatable.inflatable_object import (
    InflatableObject,
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.superlink.grid import HttpGrid

from glsmed.server.flower.doors.own_processes import OwnProcess
from glsmed.server.flower.model_arrays import FilePart
from glsmed.server.flower.object_folder import ObjectFolder
from glsmed.server.flower.reply_objects import ReplyPlace, ReplyRefusedError, inflate_reply
from glsmed.server.flower.settings import LinkSettings
from glsmed.shared.errors import FederationError

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.1  # at files, before the SuperLink is asked again
_LOOK_PAUSE_SECONDS = 0.01
_LOST = "Reply message objects are unavailable"


@dataclass(slots=True)
class _Arriving:
    """A reply that Flower has handed over, some of whose objects may still be on their way."""

    metadata: Metadata
    objects: tuple[str, ...]
    ask_at: float = 0.0
    pause: float = _FIRST_PAUSE_SECONDS

    @property
    def root(self) -> str:
        return self.metadata.message_id


class StoreGrid(HttpGrid):
    """Flower's Grid over the SuperLink of ``settings``, for a process of the same machine.

    Args:
        settings: the SuperLink's.
        token: of the task that is served.
        replies: where replies are put.
    """

    def __init__(self, settings: LinkSettings, *, token: str, replies: ReplyPlace) -> None:
        super().__init__(settings.loopback_address, root_certificates=settings.ca_certificate.read_bytes(), token=token)
        self._own_process = OwnProcess(settings)
        self._store = ObjectFolder(settings.objects)
        self._replies = replies
        self._arriving: dict[str, _Arriving] = {}  # by the id of the message that it replies to

    def _connect(self) -> None:
        """Connect as upstream does, and show that this is a process of the centre's own."""
        super()._connect()
        client = self._runtime_client
        client._interceptors = (self._own_process, *client._interceptors)

    def limit_replies(self, most_bytes: int) -> None:
        """From now on refuse larger replies."""
        self._replies = ReplyPlace(self._replies.folder, most_bytes)

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Send messages; returns their ids, empty for one that could not be sent.

        The bytes of a ``FileArray`` in several messages are hashed and written once.

        Raises:
            httpx.HTTPError: the SuperLink refuses.
            FederationError: the disk is full, or the model's file cannot be read.
        """
        outgoing = list(messages)
        if not outgoing:
            return []
        with no_object_id_recompute():
            objects: dict[str, InflatableObject] = {}
            for message in outgoing:
                message.metadata.__dict__["_message_id"] = message.object_id
                self._check_message(message)
                objects.update(get_all_nested_objects(message))
            self._hand_over(objects)
            request = PushAppMessagesRequest(
                messages_list=[message_to_proto(remove_content_from_message(message)) for message in outgoing],
                message_object_trees=[get_object_tree(message) for message in outgoing],
            )
        response = self._runtime_client.PushMessages(request)
        for object_id in response.objects_to_push:
            self._send(objects[object_id], object_id, session=response.session_id)
        return list(response.message_ids)

    def _hand_over(self, objects: Mapping[str, InflatableObject]) -> None:
        """Put the objects into the store's folder; a part of a model is not held in memory."""
        for object_id, one in objects.items():
            if not self._store.has(object_id):
                with _disk(self._store.path):
                    self._store.write(object_id, one.pieces() if isinstance(one, FilePart) else [one.deflate()])

    def _send(self, one: InflatableObject, object_id: str, *, session: str) -> None:
        self._runtime_client.PushObject(
            PushObjectRequest(
                node=self.node,
                run_id=self.run.run_id,
                object_id=object_id,
                object_content=one.deflate(),
                session_id=session,
            )
        )

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """The replies that are there whole; one that still arrives comes from a later call.

        The SuperLink answers at once if there is something new, else after up to a second.

        Raises:
            FederationError: the disk is full, or a part cannot be read.
        """
        wanted = list(message_ids)
        if not wanted:
            return []
        request = PullAppMessagesRequest(message_ids=[one for one in wanted if one not in self._arriving])
        if not self._has_one_whole(wanted):
            self._take_in(request)
        return [reply for one in wanted if (reply := self._reply_to(one)) is not None]

    def _has_one_whole(self, wanted: Sequence[str]) -> bool:
        """Whether one of the replies is there whole, or becomes so within a moment; only files are looked at."""
        arriving = [self._arriving[one] for one in wanted if one in self._arriving]
        end = time.monotonic() + (_LOOK_SECONDS if arriving else 0.0)
        while not any(all(map(self._store.has, one.objects)) for one in arriving):
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK_PAUSE_SECONDS)
        return True

    def _take_in(self, request: PullAppMessagesRequest) -> None:
        response = self._runtime_client.PullMessages(request)
        for proto, tree in zip(response.messages_list, response.message_object_trees, strict=True):
            metadata = message_from_proto(proto).metadata
            self._arriving[metadata.reply_to_message_id] = _Arriving(metadata, _ids(tree))

    def _reply_to(self, message_id: str) -> Message | None:
        reply = self._arriving.get(message_id)
        if reply is None:
            return None
        message = self._outcome(reply)
        if message is not None:
            del self._arriving[message_id]
            self._confirm(reply)
        return message

    def _outcome(self, reply: _Arriving) -> Message | None:
        """The reply if it is whole, an error message if it never will be, else None."""
        refusal = self._store.refusal(reply.root)
        if refusal is not None:
            return self._error(reply, f"larger than the study's model: {refusal}")
        if not all(map(self._store.has, reply.objects)):
            return self._error(reply, "") if self._is_lost(reply) else None
        try:
            with _disk(self._replies.folder):
                content = inflate_reply(self._store, reply.root, reply.objects, self._replies)
        except ReplyRefusedError as error:
            return self._error(reply, str(error))
        if content.has_error():
            return make_message(metadata=reply.metadata, error=content.error)
        return make_message(metadata=reply.metadata, content=content.content)

    def _is_lost(self, reply: _Arriving) -> bool:
        """Whether an object that has not arrived will never do; asked of the SuperLink now and then."""
        if time.monotonic() < reply.ask_at:
            return False
        missing = next((one for one in reply.objects if not self._store.has(one)), None)
        if missing is None:
            return False
        reply.ask_at = time.monotonic() + reply.pause
        reply.pause = min(2 * reply.pause, _LONGEST_PAUSE_SECONDS)
        request = PullObjectRequest(node=self.node, run_id=self.run.run_id, object_id=missing)
        return not self._runtime_client.PullObject(request).object_found

    def _confirm(self, reply: _Arriving) -> None:
        """Let the store drop the reply's objects."""
        self._runtime_client.ConfirmMessageReceived(
            ConfirmMessageReceivedRequest(node=self.node, run_id=self.run.run_id, message_object_id=reply.root)
        )

    def _error(self, reply: _Arriving, reason: str) -> Message:
        """What upstream returns for a reply that did not arrive."""
        metadata = Metadata(
            run_id=self.run.run_id,
            message_id="",
            src_node_id=self.node.node_id,
            dst_node_id=self.node.node_id,
            message_type=SYSTEM_MESSAGE_TYPE,
            group_id="",
            ttl=0,
            reply_to_message_id=reply.metadata.reply_to_message_id,
            created_at=time.time(),
        )
        return make_message(metadata=metadata, error=Error(ErrorCode.MESSAGE_UNAVAILABLE, f"{_LOST}. {reason}"))


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FederationError(f"{folder} cannot be used: {error}; make room and start again") from None


def _ids(tree: ObjectTree) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.object_id for node in iterate_object_tree(tree)))
