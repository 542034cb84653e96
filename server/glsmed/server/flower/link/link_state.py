"""Flower's state of a SuperLink with fewer statements for each part of a message.

Only the SuperLink's own process writes the database, so what it remembers for a moment is also what holds.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from flwr.app import Message
from flwr.common.constant import Status
from flwr.proto.message_pb2 import ObjectTree
from flwr.server.superlink.linkstate import LinkStateFactory
from flwr.server.superlink.linkstate.sql_linkstate import SqlLinkState
from flwr.supercore.inflatable.inflatable_object import iterate_object_tree
from flwr.supercore.run import RunStatus
from flwr.supercore.state.schema.corestate_models import ObjectPushSessionPending
from flwr.superlink.federation import FederationManager
from sqlalchemy import select

from glsmed.server.flower.link.link_tidying import LinkTidying
from glsmed.server.flower.link.object_store import FileObjectStore, FileObjectStoreFactory, keep_database_small

REMEMBERED_SECONDS = 0.5  # a withdrawn key or a stopped run is refused after that at the latest
_EXPIRY_EVERY_SECONDS = 1.0
_PART_BYTES = 5 * 2**20  # how Flower cuts arrays
_MOST_OBJECTS_BESIDE_PARTS = 20_000  # of records, of names, of arrays without a packed form

Key = TypeVar("Key")
Value = TypeVar("Value")


class SparingLinkState(SqlLinkState):
    """Flower's state; counts of bytes per run are not kept, since the round loop records its own.

    Args:
        database: path of the SQLite file.
        federation_manager: Flower's.
        store: where messages are.
        most_reply_bytes: the largest reply that a site may send; None while the model is not known.
    """

    def __init__(
        self,
        database: str,
        federation_manager: FederationManager,
        store: FileObjectStore,
        *,
        most_reply_bytes: int | None,
    ) -> None:
        super().__init__(database, federation_manager, store)
        self._files = store
        self._most_reply_bytes = most_reply_bytes
        self._bytes_of_session: Counter[str] = Counter()
        self._root_of_session: dict[str, str] = {}
        self._running: Remembered[int, RunStatus] = Remembered()
        self._nodes: Remembered[bytes, int] = Remembered()
        self._expiry_due = 0.0
        self._tidying = LinkTidying(self, store)

    def initialize(self, log_queries: bool = False, **engine_kwargs: Any) -> list[str]:
        """Connect to the database, and drop what no run that goes on needs; returns the names of its tables."""
        tables = super().initialize(log_queries, **engine_kwargs)
        if self._engine is not None:
            keep_database_small(self._engine)
        if not self.get_run_info(statuses=[Status.PENDING, Status.STARTING, Status.RUNNING]):
            self._files.clear()
        return tables

    def get_run_status(self, run_ids: set[int]) -> dict[int, RunStatus]:
        """The status of each run; that one is running is remembered for half a second."""
        known = {run_id: status for run_id in run_ids if (status := self._running.get(run_id)) is not None}
        if len(known) == len(run_ids):
            return known
        found = super().get_run_status(run_ids)
        for run_id, status in found.items():
            if status.status == Status.RUNNING:
                self._running.keep(run_id, status)
        return found

    def finish_task(self, task_id: int, sub_status: str, details: str) -> bool:
        """End a task, and forget which runs are running."""
        self._running.forget()
        try:
            return super().finish_task(task_id, sub_status, details)
        finally:
            self._running.forget()

    def get_node_id_by_public_key(self, public_key: bytes) -> int | None:
        """The node with this key, remembered for half a second."""
        return self._nodes.get_or(public_key, partial(super().get_node_id_by_public_key, public_key))

    def delete_node(self, owner_aid: str, node_id: int) -> None:
        """Withdraw a node's key, and forget who has which."""
        try:
            super().delete_node(owner_aid, node_id)
        finally:
            self._nodes.forget()

    def store_traffic(self, run_id: int, *, bytes_sent: int, bytes_recv: int) -> None:
        """Nothing: upstream adds up bytes per run with a statement for each part."""

    def _cleanup_expired_task_tokens(self) -> None:
        now = time.monotonic()
        if now >= self._expiry_due:
            self._expiry_due = now + _EXPIRY_EVERY_SECONDS
            super()._cleanup_expired_task_tokens()

    def start_session(self, run_id: int) -> str:
        """Begin an upload; returns its id. Now and then what is no longer needed is dropped first."""
        self._tidying.tidy_now_and_then()
        return super().start_session(run_id)

    def store_message_and_object_tree(
        self, message: Message, object_tree: ObjectTree, session_id: str
    ) -> tuple[bool, list[str]]:
        """Keep a message and register its objects; of a reply with too many, only the message."""
        if message.metadata.reply_to_message_id and self._most_reply_bytes is not None:
            self._root_of_session[session_id] = object_tree.object_id
            if self._has_too_many(object_tree, self._most_reply_bytes):
                self._refuse(object_tree.object_id)
                object_tree = ObjectTree(object_id=object_tree.object_id)
        return super().store_message_and_object_tree(message, object_tree, session_id)

    def store_object(self, run_id: int, session_id: str, object_id: str, object_content: bytes) -> bool:
        """Keep an object if the upload waits for it; returns whether it does.

        Hashing and writing come first: in the transaction every other request would wait for them.
        """
        if self._is_awaited(session_id, object_id):
            if self._is_beyond_limit(session_id, len(object_content)):
                return False
            with suppress(ValueError, OSError):  # upstream meets it again, and says so in the log
                self._files.keep_early(object_id, object_content)
        return super().store_object(run_id, session_id, object_id, object_content)

    def _is_awaited(self, session_id: str, object_id: str) -> bool:
        awaited = select(ObjectPushSessionPending.object_id).where(
            ObjectPushSessionPending.session_id == session_id, ObjectPushSessionPending.object_id == object_id
        )
        with self.session() as session:
            return session.scalar(awaited) is not None

    @staticmethod
    def _has_too_many(tree: ObjectTree, most_bytes: int) -> bool:
        most = _MOST_OBJECTS_BESIDE_PARTS + most_bytes // _PART_BYTES
        return any(number > most for number, _ in enumerate(iterate_object_tree(tree), start=1))

    def _is_beyond_limit(self, session_id: str, size: int) -> bool:
        """Count an upload's bytes; once they are too many, end the upload and refuse the message."""
        root = self._root_of_session.get(session_id)
        if self._most_reply_bytes is None or root is None:
            return False
        self._bytes_of_session[session_id] += size
        if self._bytes_of_session[session_id] <= self._most_reply_bytes:
            return False
        self._cleanup_push_session(session_id, cleanup_messages=False)
        self._refuse(root)
        return True

    def _refuse(self, root: str) -> None:
        self._files.folder.refuse(root, f"more than {self._most_reply_bytes} bytes")

    def delete_sessions_in_run(self, run_id: int) -> None:
        """Forget a run's uploads; there is one run at a time."""
        self._bytes_of_session.clear()
        self._root_of_session.clear()
        super().delete_sessions_in_run(run_id)

    def _cleanup_push_session(self, session_id: str, *, cleanup_messages: bool) -> None:
        self._bytes_of_session.pop(session_id, None)
        self._root_of_session.pop(session_id, None)
        super()._cleanup_push_session(session_id, cleanup_messages=cleanup_messages)


class Remembered(Generic[Key, Value]):
    """Values by key, each for :data:`REMEMBERED_SECONDS`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[Key, tuple[float, Value]] = {}
        self._generation = 0

    def get(self, key: Key) -> Value | None:
        """The value, unless it is not known or too old."""
        until, value = self._values.get(key, (0.0, None))
        return value if self._clock() < until else None

    def get_or(self, key: Key, ask: Callable[[], Value | None]) -> Value | None:
        """The value; asked for if it is not known or too old. That there is none is not remembered."""
        value, generation = self.get(key), self._generation
        if value is None:
            value = ask()
            if value is not None and generation == self._generation:
                self.keep(key, value)
        return value

    def keep(self, key: Key, value: Value) -> None:
        """Remember a value."""
        self._values[key] = self._clock() + REMEMBERED_SECONDS, value

    def forget(self) -> None:
        """Forget everything, also what is being asked for right now."""
        self._generation += 1
        self._values = {}


class SparingLinkStateFactory(LinkStateFactory):
    """Makes the one state of a SuperLink on a :class:`FileObjectStore`."""

    def __init__(
        self, database: str, federation_manager: FederationManager, folder: Path, *, most_reply_bytes: int | None
    ) -> None:
        stores = FileObjectStoreFactory(database, folder)
        super().__init__(database, federation_manager, stores)
        state = SparingLinkState(database, federation_manager, stores.files, most_reply_bytes=most_reply_bytes)
        state.initialize()
        self.state_instance = state
