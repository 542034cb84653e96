"""A federation in one process: the same round loop and the same ClientApps, without network and without processes.

Sites are asked one after the other, when the centre looks for answers. For tests and experiments a site can be given
a fault (:mod:`glsmed.benchmarks.federation.site_faults`) or be taken offline.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import SUPERLINK_NODE_ID, ErrorCode
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from glsmed.client.site.app import build_client_app
from glsmed.client.site.site_runtime import SiteRuntime
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds.rounds import run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.protocol.study import Study

_RUN_ID = 1
_FIRST_NODE = 100

Ask = Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class Delayed:
    """An answer that arrives only after some seconds."""

    message: Message
    seconds: float


Fault = Callable[[Message, Ask], "Message | Delayed | None"]


def answers(task: Message, ask: Ask) -> Message:
    """The fault of a site that has none: it is asked and answers."""
    return ask(task)


class LocalGrid(Grid):
    """Flower's Grid over ClientApps in this process.

    Attributes:
        nodes: site by node id, as the centre's ``nodes.json`` holds it.
        sent: every message that a site sent, in order.
    """

    def __init__(
        self, apps: Mapping[str, ClientApp], *, faults: Mapping[str, Fault] | None = None, clock: Clock | None = None
    ) -> None:
        self.nodes = dict(enumerate(apps, start=_FIRST_NODE))
        self.sent: list[Message] = []
        self._apps = dict(apps)
        self._faults = dict(faults or {})
        self._clock = clock or Clock()
        self._offline: set[str] = set()
        self._identities = itertools.count(1)
        self._waiting: dict[str, Message] = {}
        self._on_the_way: dict[str, tuple[float, Message]] = {}  # when it arrives, and what
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = _RUN_ID, SUPERLINK_NODE_ID, 1

    def take_offline(self, site: str) -> None:
        """From now on the site is not there; requests on the way to it come back as such."""
        self._offline.add(site)

    def bring_back(self, site: str) -> None:
        """The site is online again."""
        self._offline.discard(site)

    def set_run(self, run: Run) -> None:
        """Accept Flower's run; there is only one here."""

    @property
    def run(self) -> Run:
        """The only run."""
        return Run.create_empty(_RUN_ID)

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """A message from the centre (upstream's older way to make one)."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        """The nodes of the sites that are online."""
        return [node for node, site in self.nodes.items() if site not in self._offline]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Keep the messages until their answers are asked for; returns their ids."""
        return [self._push(message) for message in messages]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The answers that are there by now, each only once."""
        wanted = list(message_ids)
        for identity in wanted:
            if identity in self._waiting:
                self._ask(identity, self._waiting.pop(identity))
        due = [identity for identity in wanted if self._is_due(identity)]
        return [self._on_the_way.pop(identity)[1] for identity in due]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Every answer, waiting for the slowest at most ``timeout`` seconds."""
        identities = list(self.push_messages(messages))
        received = list(self.pull_messages(identities))
        if len(received) < len(identities) and timeout:
            self._clock.sleep(timeout)
            received.extend(self.pull_messages(identities))
        return received

    def _push(self, message: Message) -> str:
        identity = f"message-{next(self._identities)}"
        _give_identity(message, identity)
        self._waiting[identity] = message
        return identity

    def _ask(self, identity: str, task: Message) -> None:
        site = self.nodes[task.metadata.dst_node_id]
        if site in self._offline:
            self._on_the_way[identity] = self._clock.now(), _offline_reply(task)
            return
        answer = self._answer_of(site, task)
        if answer is None:
            return
        delayed = answer if isinstance(answer, Delayed) else Delayed(answer, 0.0)
        _give_identity(delayed.message, f"reply-to-{identity}")
        self.sent.append(delayed.message)
        self._on_the_way[identity] = self._clock.now() + delayed.seconds, delayed.message

    def _answer_of(self, site: str, task: Message) -> "Message | Delayed | None":
        """What the site sends; an exception that gets out goes back as its class, as at a real site."""
        context = Context(_RUN_ID, task.metadata.dst_node_id, {"site": site}, RecordDict(), {})
        try:
            return self._faults.get(site, answers)(task, lambda message: self._apps[site](message, context))
        except Exception as error:  # whatever a ClientApp raises
            return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, type(error).__name__), reply_to=task)

    def _is_due(self, identity: str) -> bool:
        return identity in self._on_the_way and self._on_the_way[identity][0] <= self._clock.now()


def run_in_process(study: Study, sites: Mapping[str, SiteRuntime], folder: RunFolder) -> Mapping[str, object]:
    """Federate loaded sites in this process; returns the run's summary."""
    grid = LocalGrid({name: build_client_app(site) for name, site in sites.items()})
    return run_study(grid, study, folder, sites=lambda: grid.nodes)


def _give_identity(message: Message, identity: str) -> None:
    """Set what Flower's own grids set when a message is stored."""
    message.metadata.__dict__["_message_id"] = identity


def _offline_reply(task: Message) -> Message:
    reply = Message(Error(ErrorCode.NODE_UNAVAILABLE, "node unavailable"), reply_to=task)
    reply.metadata.__dict__["_src_node_id"] = SUPERLINK_NODE_ID
    return reply
