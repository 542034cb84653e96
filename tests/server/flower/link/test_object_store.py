"""Contract tests: our store against the installed flwr's own, and what is different about files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, RecordDict
from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_id, get_object_tree
from flwr.supercore.object_store import NoObjectInStoreError, ObjectStore
from flwr.supercore.object_store.sql_object_store import SqlObjectStore

from glsmed.server.flower.link.object_store import FileObjectStore

RUN = 2**63 + 5  # run ids are unsigned


def records(seed: int) -> RecordDict:
    shared = ConfigRecord({"round": 1})
    model = ArrayRecord({"all": Array(np.random.default_rng(seed).normal(size=1000))})
    return RecordDict({"head": shared, "model": model})


def contents(record: RecordDict) -> dict[str, bytes]:
    return {object_id: one.deflate() for object_id, one in get_all_nested_objects(record).items()}


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flower's tables, made once: that takes a second."""
    path = tmp_path_factory.mktemp("empty") / "link.db"
    SqlObjectStore(str(path)).initialize()
    return path


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> FileObjectStore:
    shutil.copy(empty_database, tmp_path / "link.db")
    made = FileObjectStore(str(tmp_path / "link.db"), tmp_path / "objects")
    made.initialize()
    return made


@pytest.fixture
def upstream(tmp_path: Path, empty_database: Path) -> SqlObjectStore:
    shutil.copy(empty_database, tmp_path / "upstream.db")
    made = SqlObjectStore(str(tmp_path / "upstream.db"))
    made.initialize()
    return made


@pytest.fixture
def both(store: FileObjectStore, upstream: SqlObjectStore) -> tuple[ObjectStore, ObjectStore]:
    return store, upstream


def outcome(action: Callable[[ObjectStore], object], store: ObjectStore) -> object:
    try:
        return action(store)
    except (ValueError, NoObjectInStoreError) as error:
        return type(error)


def tree(letter: str, *children: ObjectTree) -> ObjectTree:
    return ObjectTree(object_id=letter * 64, children=children)


A, B = records(1), records(2)
SCRIPT: list[Callable[[ObjectStore], object]] = [
    lambda s: s.preregister(RUN, get_object_tree(A)),
    lambda s: s.put(A.object_id, contents(A)[A.object_id]),
    lambda s: sorted(s.preregister(RUN, get_object_tree(A))),
    lambda s: s.get(A.object_id),
    lambda s: s.get(next(iter(contents(A)))),
    lambda s: s.get("0" * 64),
    lambda s: s.put("0" * 64, b"x"),
    lambda s: s.put(next(iter(contents(A))), b"another content"),
    lambda s: s.put(next(iter(contents(B))), contents(B)[next(iter(contents(B)))]),
    lambda s: sorted(s.preregister(RUN, get_object_tree(B))),
    len,
    lambda s: s.delete(A.object_id),
    lambda s: s.get(A.object_id),
    len,
    lambda s: B.object_id in s,
    lambda s: s.delete(next(iter(contents(B)))),  # something refers to it
    len,
    lambda s: s.get_object_tree(A.object_id),
    lambda s: s.preregister(RUN, tree("a", tree("b"), tree("b"))),
    lambda s: s.preregister(RUN, tree("no id")),
    lambda s: s.preregister(RUN, tree("a", tree("b", tree("a")))),
    lambda s: s.preregister(RUN, tree("c", tree("d"))),
    lambda s: s.preregister(RUN, tree("e", tree("d", tree("f")))),
    lambda s: s.delete_objects_in_run(RUN),
    len,
]


def test_it_answers_as_upstreams_store(both: tuple[ObjectStore, ObjectStore]) -> None:
    ours, upstream = both
    for number, action in enumerate(SCRIPT):
        assert outcome(action, ours) == outcome(action, upstream), f"step {number}"


def test_a_tree_comes_back_whole(store: FileObjectStore) -> None:
    store.preregister(RUN, get_object_tree(A))

    def shape(node: ObjectTree) -> object:
        return node.object_id, sorted((shape(child) for child in node.children), key=str)

    assert shape(store.get_object_tree(A.object_id)) == shape(get_object_tree(A))


def fill(store: FileObjectStore, record: RecordDict) -> None:
    held = contents(record)
    for object_id in store.preregister(RUN, get_object_tree(record)):
        store.put(object_id, held[object_id])


def test_what_two_messages_share_stays_until_both_are_gone(store: FileObjectStore) -> None:
    fill(store, A)
    fill(store, B)
    shared = next(iter(contents(A)))  # the same head in both
    store.delete(A.object_id)
    assert store.get(shared) == contents(B)[shared]
    store.delete(B.object_id)
    assert store.get(shared) is None
    assert [path for path in store.folder.path.rglob("*") if path.is_file() and path.name != "boot"] == []


def test_a_part_that_another_process_put_there_is_available(store: FileObjectStore) -> None:
    model = contents(A)
    part = next(one for one, content in model.items() if content.startswith(b"ArrayChunk"))
    store.folder.write(part, [model[part]])
    assert part not in store.preregister(RUN, get_object_tree(A))
    assert store.get(part) == model[part]


def test_a_name_that_leads_out_of_the_folder_reads_as_not_found(store: FileObjectStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    assert (store.folder.path / ".." / "secret").is_file()
    assert store.get("../secret") is None
    assert store.get("../../secret") is None


def test_a_lost_file_reads_as_not_found_and_is_asked_for_again(store: FileObjectStore) -> None:
    fill(store, A)
    part = next(iter(contents(A)))
    store.folder.path_of(part).unlink()
    assert store.get(part) is None
    assert store.preregister(RUN, get_object_tree(A)) == [part]
    store.put(part, contents(A)[part])
    assert store.get(part) == contents(A)[part]


def test_the_database_holds_no_contents_and_does_not_grow(store: FileObjectStore, tmp_path: Path) -> None:
    database = tmp_path / "link.db"
    before, largest = database.stat().st_size, 0
    for number in range(50):
        record = RecordDict({"model": ArrayRecord({"all": Array(np.full(200_000, number, dtype=np.float32))})})
        fill(store, record)
        store.delete(record.object_id)
        largest = max(largest, (tmp_path / "link.db-wal").stat().st_size)
    assert database.stat().st_size <= before + 2**16
    assert largest < 5 * 2**20  # of 40 MB that went through


def test_the_logs_settings_hold_for_every_connection(store: FileObjectStore) -> None:
    with store.session() as session:
        connection = session.connection()
        names = ("journal_mode", "synchronous", "journal_size_limit")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert values == ["wal", 1, 4 * 2**20]


def test_an_upload_whose_message_was_taken_meanwhile_has_not_failed(store: FileObjectStore) -> None:
    content = ConfigRecord({"n": 1}).deflate()
    store.put(get_object_id(content), content)
    assert store.get(get_object_id(content)) is None
    assert not store.folder.has(get_object_id(content))
