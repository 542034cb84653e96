"""What a federation in one process needs of Flower: a run, the centre's identity, and ids of messages."""

from flwr.app import Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

RUN_ID = 1
_TASK_ID = 1


class GridInProcess(Grid):
    """A Grid with a single run; where messages go is left to its subclass.

    A process that makes one is the centre from then on: Flower keeps the sender of new messages per process.
    """

    def __init__(self) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = RUN_ID, SUPERLINK_NODE_ID, _TASK_ID

    def set_run(self, run: Run) -> None:
        """Accept Flower's run; there is only one here."""

    @property
    def run(self) -> Run:
        """The only run."""
        return Run.create_empty(RUN_ID)

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """A message from the centre (upstream's older way to make one)."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)


def give_message_id(message: Message, message_id: str) -> None:
    """Set the id that Flower's own grids set when a message is stored."""
    message.metadata.__dict__["_message_id"] = message_id


def come_from_centre(reply: Message) -> Message:
    """The reply with the centre as its sender, as where Flower replies for a site that is not there."""
    reply.metadata.__dict__["_src_node_id"] = SUPERLINK_NODE_ID
    return reply
