import pytest
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID

from glsmed.server.flower.in_process import RUN_ID, GridInProcess, come_from_centre, give_message_id


class _Grid(GridInProcess):
    """Goes nowhere."""

    def get_node_ids(self) -> list[int]:
        return []

    def push_messages(self, messages: object) -> list[str]:
        return []

    def pull_messages(self, message_ids: object) -> list[Message]:
        return []

    def send_and_receive(self, messages: object, *, timeout: float | None = None) -> list[Message]:
        return []


@pytest.fixture
def message() -> Message:
    return _Grid().create_message(RecordDict({"head": ConfigRecord({"round": 1})}), "train", 7, "1")


def test_a_message_comes_from_the_centre_and_belongs_to_the_only_run(message: Message) -> None:
    assert (message.metadata.src_node_id, message.metadata.dst_node_id) == (SUPERLINK_NODE_ID, 7)
    assert message.metadata.run_id == RUN_ID
    assert _Grid().run.run_id == RUN_ID


def test_a_reply_names_the_message_that_it_replies_to(message: Message) -> None:
    give_message_id(message, "message-4")
    assert message.metadata.message_id == "message-4"
    assert Message(RecordDict(), reply_to=message).metadata.reply_to_message_id == "message-4"


def test_a_reply_can_be_the_centres_own(message: Message) -> None:
    reply = Message(RecordDict(), reply_to=message)
    assert reply.metadata.src_node_id == 7
    assert come_from_centre(reply).metadata.src_node_id == SUPERLINK_NODE_ID
