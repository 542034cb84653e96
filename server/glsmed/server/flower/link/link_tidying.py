"""What a SuperLink need not keep until a study's run ends, which may take months.

Upstream drops a run's messages, uploads and objects when the run ends. A site that went offline before it fetched a
model would keep that model on the centre's disk until then.
"""

import time
from typing import TYPE_CHECKING

from flwr.supercore.date import now
from flwr.supercore.state.schema.corestate_models import ObjectPushSession, ObjectPushSessionRoot
from flwr.supercore.state.schema.linkstate_models import MessageIns, MessageRes
from flwr.supercore.state.schema.objectstore_models import StoredObject
from sqlalchemy import delete, select

if TYPE_CHECKING:
    from flwr.server.superlink.linkstate.sql_linkstate import SqlLinkState

    from glsmed.server.flower.link.object_store import FileObjectStore

EVERY_SECONDS = 300.0


class LinkTidying:
    """Drops expired messages, ended uploads, and objects of messages that are gone since the time before."""

    def __init__(self, state: "SqlLinkState", store: "FileObjectStore") -> None:
        self._state = state
        self._store = store
        self._due = time.monotonic() + EVERY_SECONDS
        self._ownerless: set[str] = set()

    def tidy_now_and_then(self) -> None:
        """Tidy if the last time is some minutes ago."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY_SECONDS
            self.tidy()

    def tidy(self) -> None:
        """Drop what nobody needs.

        A message's objects outlive it until its receiver has confirmed them, so those that have lost it only lately
        stay until the next time.
        """
        self._drop_expired()
        ownerless = self._without_message()
        for root in ownerless & self._ownerless:
            self._store.delete(root)
        self._ownerless = ownerless

    def _drop_expired(self) -> None:
        with self._state.session() as session:
            session.execute(
                delete(ObjectPushSession).where(
                    ObjectPushSession.pending_count == 0, ObjectPushSession.expires_at <= now()
                )
            )
            expired = session.scalars(
                select(MessageIns.message_id).where(MessageIns.created_at + MessageIns.ttl <= now().timestamp())
            ).all()
            self._state.delete_messages({one for one in expired if one is not None})

    def _without_message(self) -> set[str]:
        owners = (
            select(MessageIns.message_id),
            select(MessageRes.message_id),
            select(ObjectPushSessionRoot.root_object_id)
            .join(ObjectPushSession, ObjectPushSession.session_id == ObjectPushSessionRoot.session_id)
            .where(ObjectPushSession.pending_count > 0),
        )
        roots = select(StoredObject.object_id).where(StoredObject.ref_count == 0)
        for owned in owners:
            roots = roots.where(StoredObject.object_id.not_in(owned))
        with self._state.session() as session:
            return {one for one in session.scalars(roots) if one is not None}
