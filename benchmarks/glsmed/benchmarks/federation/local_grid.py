"""A federation in one process: the same round loop and the same ClientApps, without network and without processes.

Sites are asked one after the other, when the centre looks for replies. For tests and experiments a site can be told to
misbehave or be taken offline.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.flower.in_process import RUN_ID, GridInProcess, come_from_centre, give_message_id
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.protocol.study import Study

_FIRST_NODE = 100

Ask = Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class Delayed:
    """A reply that arrives only after some seconds."""

    message: Message
    seconds: float


Misbehaviour = Callable[[Message, Ask], "Message | Delayed | None"]


def behaves(task: Message, ask: Ask) -> Message:
    """What a site does that behaves: it is asked and replies."""
    return ask(task)


class LocalGrid(GridInProcess):
    """Flower's Grid over ClientApps in this process.

    Attributes:
        nodes: site by node id, as the centre's ``nodes.json`` holds it.
        sent: every message that a site sent, in order.
    """

    def __init__(
        self,
        apps: Mapping[str, ClientApp],
        *,
        misbehaviours: Mapping[str, Misbehaviour] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.nodes = dict(enumerate(apps, start=_FIRST_NODE))
        self.sent: list[Message] = []
        self._apps = dict(apps)
        self._misbehaviours = dict(misbehaviours or {})
        self._clock = clock or Clock()
        self._offline: set[str] = set()
        self._ids = itertools.count(1)
        self._waiting: dict[str, Message] = {}
        self._on_the_way: dict[str, tuple[float, Message]] = {}  # when it arrives, and what

    def take_offline(self, site: str) -> None:
        """From now on the site is not there; requests on the way to it come back as such."""
        self._offline.add(site)

    def bring_back(self, site: str) -> None:
        """The site is online again."""
        self._offline.discard(site)

    def get_node_ids(self) -> Iterable[int]:
        """The nodes of the sites that are online."""
        return [node for node, site in self.nodes.items() if site not in self._offline]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Keep the messages until their replies are asked for; returns their ids."""
        return [self._push(message) for message in messages]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The replies that are there by now, each only once."""
        wanted = list(message_ids)
        for message_id in wanted:
            if message_id in self._waiting:
                self._ask(message_id, self._waiting.pop(message_id))
        due = [message_id for message_id in wanted if self._is_due(message_id)]
        return [self._on_the_way.pop(message_id)[1] for message_id in due]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Every reply, waiting for the slowest at most ``timeout`` seconds."""
        message_ids = list(self.push_messages(messages))
        received = list(self.pull_messages(message_ids))
        if len(received) < len(message_ids) and timeout:
            self._clock.sleep(timeout)
            received.extend(self.pull_messages(message_ids))
        return received

    def _push(self, message: Message) -> str:
        message_id = f"message-{next(self._ids)}"
        give_message_id(message, message_id)
        self._waiting[message_id] = message
        return message_id

    def _ask(self, message_id: str, task: Message) -> None:
        site = self.nodes[task.metadata.dst_node_id]
        if site in self._offline:
            self._on_the_way[message_id] = self._clock.now(), _offline_reply(task)
            return
        reply = self._reply_of(site, task)
        if reply is None:
            return
        delayed = reply if isinstance(reply, Delayed) else Delayed(reply, 0.0)
        give_message_id(delayed.message, f"reply-to-{message_id}")
        self.sent.append(delayed.message)
        self._on_the_way[message_id] = self._clock.now() + delayed.seconds, delayed.message

    def _reply_of(self, site: str, task: Message) -> "Message | Delayed | None":
        """What the site sends; an exception that gets out goes back as its class, as at a real site."""
        context = Context(RUN_ID, task.metadata.dst_node_id, {"site": site}, RecordDict(), {})
        try:
            return self._misbehaviours.get(site, behaves)(task, lambda message: self._apps[site](message, context))
        except Exception as error:  # whatever a ClientApp raises
            return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, type(error).__name__), reply_to=task)

    def _is_due(self, message_id: str) -> bool:
        return message_id in self._on_the_way and self._on_the_way[message_id][0] <= self._clock.now()


def run_in_process(
    study: Study, sites: Mapping[str, SiteRuntime], folder: RunFolder, *, beside: Path | None = None
) -> Mapping[str, object]:
    """Federate loaded sites in this process; returns the run's summary.

    Args:
        study: what they train.
        sites: by name.
        folder: gets checkpoints and records.
        beside: where the study's initial weights lie, if it has any.
    """
    grid = LocalGrid({name: build_client_app(site) for name, site in sites.items()})
    make_first_model(folder, study, beside=beside)
    return run_study(grid, study, folder, sites=lambda: grid.nodes)


def _offline_reply(task: Message) -> Message:
    return come_from_centre(Message(Error(ErrorCode.NODE_UNAVAILABLE, "node unavailable"), reply_to=task))
