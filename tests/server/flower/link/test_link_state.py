"""Contract tests: our state answers as upstream's does, with fewer statements."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.proto.fleet_pb2 import PullMessagesRequest
from flwr.proto.message_pb2 import PullObjectRequest
from flwr.server.superlink.linkstate.sql_linkstate import SqlLinkState
from flwr.superlink.federation import NoOpFederationManager
from sqlalchemy import Engine, event

from glsmed.server.flower.link import link_state
from glsmed.server.flower.link.link_state import REMEMBERED_SECONDS, Remembered, SparingLinkState
from glsmed.server.flower.link.object_store import FileObjectStore
from glsmed.server.flower.store_grid import StoreGrid

from ..conftest import Link, Site

Sites = tuple[Site, Site]
RECORD = RecordDict({"head": ConfigRecord({"round": 1})})


def test_a_site_whose_key_is_withdrawn_is_refused_at_once(link: Link) -> None:
    site = link.admit("withdrawn")
    site.client.PullMessages(PullMessagesRequest(node=site.node))
    link.control.unregister(site.node.node_id)
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        site.client.PullMessages(PullMessagesRequest(node=site.node))
    site.client.close()


def test_a_run_that_is_stopped_serves_no_part_any_more(link: Link, grid: StoreGrid, sites: Sites) -> None:
    run_id = grid.run.run_id
    request = PullObjectRequest(node=sites[0].node, run_id=run_id, object_id="0" * 64)
    assert not sites[0].client.PullObject(request).object_found
    link.state.stop_run(run_id)
    with pytest.raises(httpx.HTTPStatusError):
        sites[0].client.PullObject(request)


@pytest.mark.parametrize("name", ["get_run_status", "get_node_id_by_public_key", "_cleanup_expired_task_tokens"])
def test_what_is_replaced_is_still_there_upstream(name: str) -> None:
    assert callable(getattr(SqlLinkState, name))


def statements(link: Link, action: Callable[[], object]) -> int:
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counted.append(statement)

    engines = [one for one in (link.state._engine, link.state._files._engine) if isinstance(one, Engine)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", count)
    action()
    for engine in engines:
        event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_an_object_is_pulled_without_a_statement(
    link: Link, grid: StoreGrid, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_state, "REMEMBERED_SECONDS", 60.0)
    link.state._nodes.forget()
    (message_id,) = grid.push_messages([Message(RECORD, sites[0].node.node_id, "train", ttl=60)])
    request = PullObjectRequest(node=sites[0].node, run_id=grid.run.run_id, object_id=message_id)
    sites[0].client.PullObject(request)
    assert statements(link, lambda: sites[0].client.PullObject(request)) == 0


def test_values_are_remembered_for_half_a_second() -> None:
    now = [0.0]
    remembered: Remembered[str, int] = Remembered(lambda: now[0])
    asked: list[str] = []

    def ask() -> int:
        asked.append("again")
        return len(asked)

    assert [remembered.get_or("a", ask), remembered.get_or("a", ask)] == [1, 1]
    now[0] = REMEMBERED_SECONDS
    assert remembered.get_or("a", ask) == 2
    remembered.forget()
    assert remembered.get_or("a", ask) == 3


def test_what_was_forgotten_while_it_was_asked_for_is_not_remembered() -> None:
    remembered: Remembered[str, int] = Remembered()

    def ask() -> int:
        remembered.forget()
        return 1

    assert remembered.get_or("a", ask) == 1
    assert remembered.get("a") is None


def test_that_there_is_none_is_not_remembered() -> None:
    remembered: Remembered[str, int] = Remembered()
    assert remembered.get_or("a", lambda: None) is None
    assert remembered.get_or("a", lambda: 5) == 5


def test_leftovers_are_dropped_at_the_start_unless_a_run_goes_on(link: Link, grid: StoreGrid, sites: Sites) -> None:
    (message_id,) = grid.push_messages([Message(RECORD, sites[0].node.node_id, "train", ttl=60)])
    assert _started_again(link).folder.has(message_id)
    with link.state._files.session():
        link.state.finish_task(_task_of(grid), "stopped", "")
    assert not _started_again(link).folder.has(message_id)


def _task_of(grid: StoreGrid) -> int:
    from flwr.supercore.task_identity import TaskIdentity

    assert TaskIdentity.run_id == grid.run.run_id
    return int(TaskIdentity.task_id or 0)


def _started_again(link: Link) -> FileObjectStore:
    """The store as a SuperLink that starts now has it."""
    database = str(link.settings.database)
    store = FileObjectStore(database, link.settings.objects)
    store.initialize()
    state = SparingLinkState(database, NoOpFederationManager(), store, most_reply_bytes=None)
    state.initialize()
    return store


def test_the_objects_are_beside_the_database(link: Link, tmp_path: Path) -> None:
    assert link.settings.objects == link.settings.database.parent / "objects"
    assert link.state._files.folder.path == link.settings.objects
