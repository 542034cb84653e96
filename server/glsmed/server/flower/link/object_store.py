"""Flower's object store with contents in files; trees and reference counts stay in the SuperLink's database.

Upstream keeps contents in SQLite, where each part of a model is a row of 5 MiB that is written twice (log, then
database) and never given back to the disk. Here a part is a file, and a message takes a handful of statements.

What recovery needs of SQLite: the write-ahead log with ``synchronous = NORMAL`` survives the death of any process
whole, and a power cut up to the last checkpoint of the log; a run that was going on then is submitted again. The log
is written back every 1000 pages, and its file cut to 4 MiB, so neither file grows with the rounds.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import get_object_id, iterate_object_tree
from flwr.supercore.inflatable.inflatable_utils import validate_object_content
from flwr.supercore.object_store import NoObjectInStoreError, ObjectStoreFactory
from flwr.supercore.object_store.sql_object_store import SqlObjectStore
from flwr.supercore.state.schema.objectstore_models import ObjectChild, RunObject, StoredObject
from flwr.supercore.utils import uint64_to_int64
from sqlalchemy import Engine, delete, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from glsmed.server.flower.object_folder import ObjectFolder, is_object_id

_PRAGMAS = ("journal_size_limit = 4194304", "cache_size = -4000", "mmap_size = 0")

Children = Mapping[str, frozenset[str]]  # ids of an object's children by its id


class FileObjectStore(SqlObjectStore):
    """An object store whose contents are files in ``folder``; an object is available when its file is there."""

    def __init__(self, database: str, folder: Path) -> None:
        super().__init__(database)
        self.folder = ObjectFolder(folder)

    def initialize(self, log_queries: bool = False, **engine_kwargs: Any) -> list[str]:
        """Connect to the database; returns the names of its tables."""
        tables = super().initialize(log_queries, **engine_kwargs)
        keep_database_small(cast("Engine", self._engine))
        self.folder.drop_untrusted()
        return tables

    def preregister(self, run_id: int, object_tree: ObjectTree) -> list[str]:
        """Register a message's objects; returns those whose contents are missing, children before parents.

        Raises:
            ValueError: an id is no SHA-256, children repeat, or an object has other children than before.
        """
        children = _children_of(object_tree)
        with self._mutation_session() as session:
            known = set(session.scalars(select(StoredObject.object_id).where(StoredObject.object_id.in_(children))))
            _require_same_children(session, known, children)
            _insert_objects(session, {one: below for one, below in children.items() if one not in known})
            session.execute(
                sqlite_insert(RunObject).on_conflict_do_nothing(),
                [{"run_id": uint64_to_int64(run_id), "object_id": one} for one in children],
            )
            there = [one for one in children if self.folder.has(one)]
            session.execute(update(StoredObject).where(StoredObject.object_id.in_(there)).values(is_available=1))
            return [one for one in children if one not in set(there)]

    def get_object_tree(self, object_id: str) -> ObjectTree:
        """The tree of an object.

        Raises:
            NoObjectInStoreError: it is not registered.
        """
        with self.session() as session:
            if object_id not in self:
                raise NoObjectInStoreError(f"Object {object_id} was not pre-registered.")
            below: dict[str, list[str]] = {}
            level = [object_id]
            while level:
                rows = session.execute(
                    select(ObjectChild.parent_id, ObjectChild.child_id).where(ObjectChild.parent_id.in_(level))
                ).all()
                for parent, child in rows:
                    below.setdefault(parent, []).append(child)
                level = [child for _, child in rows if child not in below]
        return _as_tree(object_id, below)

    def put(self, object_id: str, object_content: bytes) -> None:
        """Keep the content of a registered object; let go of one that is no longer registered.

        The round process takes a reply as soon as all of its files are there, which may be a moment before the last
        of them is marked here. That upload has not failed: whoever sends it must not be told so.

        Raises:
            ValueError: the content has another id, or is no object of Flower's.
        """
        self.keep_early(object_id, object_content)
        mark = update(StoredObject).where(StoredObject.object_id == object_id).values(is_available=1)
        with self.session() as session:
            if session.scalar(mark.returning(StoredObject.object_id)) is None:
                self.folder.remove(object_id)
                return
            self.keep_early(object_id, object_content)  # again, in case that it was deleted and registered meanwhile

    def keep_early(self, object_id: str, object_content: bytes) -> None:
        """Check a content and write its file, before a transaction in which others would wait for both.

        Raises:
            ValueError: the content has another id, or is no object of Flower's.
        """
        if self.folder.has(object_id):
            return
        if get_object_id(object_content) != object_id:
            raise ValueError(f"Object ID {object_id} does not match content hash")
        validate_object_content(content=object_content)
        self.folder.write(object_id, [object_content])

    def get(self, object_id: str) -> bytes | None:
        """The content; empty while it has not arrived, None if it is not registered or its file is lost."""
        content = self.folder.read(object_id)
        if content is not None:
            return content
        with self.session() as session:
            available = session.scalar(select(StoredObject.is_available).where(StoredObject.object_id == object_id))
        return b"" if available == 0 else None

    def delete(self, object_id: str) -> None:
        """Delete an object, unless another refers to it, and whatever nothing refers to any more then.

        Files go before the transaction ends: until then nobody can register the same object again. If it fails, the
        objects read as lost.
        """
        with self._mutation_session() as session:
            level = [object_id]
            while level:
                gone = _unreferenced(session, level)
                below = session.scalars(select(ObjectChild.child_id).where(ObjectChild.parent_id.in_(gone))).all()
                _count_references(session, Counter(below), by=-1)
                session.execute(delete(StoredObject).where(StoredObject.object_id.in_(gone)))
                for one in gone:
                    self.folder.remove(one)
                level = list(dict.fromkeys(below))

    def clear(self) -> None:
        """Remove every object."""
        with self._mutation_session():
            super().clear()
            self.folder.clear()


class FileObjectStoreFactory(ObjectStoreFactory):
    """Makes the one store of a SuperLink."""

    def __init__(self, database: str, folder: Path) -> None:
        super().__init__(database)
        self.files = FileObjectStore(database, folder)
        self.files.initialize()
        self.store_instance = self.files


def keep_database_small(engine: Engine) -> None:
    """Give every connection the settings that keep its files and its memory small; contents are not in there."""

    def set_pragmas(connection: Any, _: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", set_pragmas)
    engine.dispose()  # connections made so far


def _children_of(tree: ObjectTree) -> Children:
    """The children of each object of a tree, children before parents."""
    children: dict[str, frozenset[str]] = {}
    for node in iterate_object_tree(tree):
        ids = [child.object_id for child in node.children]
        below = frozenset(ids)
        if not is_object_id(node.object_id):
            raise ValueError(f"Invalid object ID format: {node.object_id}")
        if len(below) != len(ids):
            raise ValueError(f"Object {node.object_id} has duplicate children.")
        if children.setdefault(node.object_id, below) != below:
            raise ValueError(f"Object {node.object_id} has different children in one tree.")
    return children


def _require_same_children(session: Session, known: set[str | None], children: Children) -> None:
    stored: dict[str, set[str]] = {one: set() for one in known if one is not None}
    for parent, child in session.execute(
        select(ObjectChild.parent_id, ObjectChild.child_id).where(ObjectChild.parent_id.in_(stored))
    ):
        stored[parent].add(child)
    for one, below in stored.items():
        if below != children[one]:
            raise ValueError(f"Object {one} was preregistered with different children.")


def _insert_objects(session: Session, objects: Children) -> None:
    if not objects:
        return
    session.execute(
        insert(StoredObject),
        [{"object_id": one, "content": b"", "is_available": 0, "ref_count": 0} for one in objects],
    )
    pairs = [(parent, child) for parent, below in objects.items() for child in below]
    if pairs:
        session.execute(insert(ObjectChild), [{"parent_id": parent, "child_id": child} for parent, child in pairs])
        _count_references(session, Counter(child for _, child in pairs), by=1)


def _unreferenced(session: Session, ids: list[str]) -> list[str]:
    found = select(StoredObject.object_id).where(StoredObject.object_id.in_(ids), StoredObject.ref_count == 0)
    return [one for one in session.scalars(found) if one is not None]


def _count_references(session: Session, counts: Counter[str], *, by: int) -> None:
    for number in set(counts.values()):
        ids = [one for one, count in counts.items() if count == number]
        session.execute(
            update(StoredObject)
            .where(StoredObject.object_id.in_(ids))
            .values(ref_count=StoredObject.ref_count + by * number)
        )


def _as_tree(object_id: str, below: Mapping[str, list[str]]) -> ObjectTree:
    return ObjectTree(object_id=object_id, children=[_as_tree(child, below) for child in below.get(object_id, ())])
