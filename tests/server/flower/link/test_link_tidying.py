import time

from flwr.app import ConfigRecord, Message, RecordDict

from glsmed.server.flower.link.link_tidying import LinkTidying
from glsmed.server.flower.store_grid import StoreGrid

from ..conftest import Link, Site

Sites = tuple[Site, Site]
RECORD = RecordDict({"head": ConfigRecord({"round": 1})})


def test_tidying_drops_what_lost_its_message_before_the_last_time(link: Link, grid: StoreGrid, sites: Sites) -> None:
    lost, kept = grid.push_messages([Message(RECORD, site.node.node_id, "train", ttl=60) for site in sites])
    tidying = LinkTidying(link.state, link.state._files)
    link.state.delete_messages({lost})
    tidying.tidy()
    assert link.state._files.folder.has(lost)
    tidying.tidy()
    assert not link.state._files.folder.has(lost)
    assert link.state._files.folder.has(kept)


def test_tidying_drops_expired_messages(link: Link, grid: StoreGrid, sites: Sites) -> None:
    (message_id,) = grid.push_messages([Message(RECORD, sites[0].node.node_id, "train", ttl=1.0)])
    time.sleep(1.1)
    tidying = LinkTidying(link.state, link.state._files)
    tidying.tidy()
    tidying.tidy()
    assert not link.state._files.folder.has(message_id)
    assert sites[0].receive() is None
