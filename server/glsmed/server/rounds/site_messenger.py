"""Requests to the sites of a study over Flower's Grid: who is online, and one request with a deadline."""

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from flwr.app import Message, RecordDict
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid

SiteDirectory = Callable[[], Mapping[int, str]]  # node id → site name, as admitted now

_POLL_SECONDS = 0.02  # the Grid itself waits until something is new
_PROBE_SECONDS = 20.0
_MOST_RESENDS = 3
_DEADLINES_KEPT = 3  # for how many deadlines Flower keeps a request, so that a late reply can still be read
_CLOCK_SKEW_SECONDS = 600.0  # how far a site's clock may differ before Flower drops its reply as expired
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_NOT_FROM_SITE = {
    ErrorCode.NODE_UNAVAILABLE: "went offline",
    ErrorCode.MESSAGE_UNAVAILABLE: "the message was lost",
    ErrorCode.REPLY_MESSAGE_UNAVAILABLE: "the reply was lost",
}
_TOO_LARGE = "larger than the study's model"  # as the ServerApp's own pull says
_UNKNOWN_MODEL = "UnknownModelError"
_MEANINGS = {
    "MismatchError.study": "the site approved another study.yaml",
    "MismatchError.protocol": "the site runs another release of glsmed",
    "MismatchError.manifest": "the site builds another model from the same study.yaml",
    "TaskRefusedError.signature": "the site did not find this centre's signature on the task",
    "TaskRefusedError.certificate": "the site's ca.crt is of another authority, or it has seen a newer key of this "
    "centre, or a clock is wrong",
    "TaskRefusedError.content": "the task was altered on its way",
    "TaskRefusedError.study": "the site approved another study.yaml",
    "TaskRefusedError.site": "the site has another name in its config.yaml",
    "TaskRefusedError.run": "the task belongs to another run",
    "TaskRefusedError.round": "the task was signed for another round",
    "TaskRefusedError.kind": "the task was signed as one of another kind",
    "TaskRefusedError.serial": "the site was given this task, or one after it, before",
    "AnswerRefusedError.signature": "the answer is not signed by the key with which the site joined",
    "AnswerRefusedError.task": "the answer is to another task",
    "AnswerRefusedError.content": "the answer was altered after it was signed",
    "MismatchError.roster": "the site approved another roster.yaml",
    "SecureAggregationError": "the site would show its single update, or has no roster.yaml in use: its log says which",
    "PrivacyError": "the site's egress policy does not allow it",
    "TrajectoryError": "the site could not have helped to make this model: it refuses models farther than "
    "federation.max_round_change from the last that it trained",
    "PrivacyBudgetError": "the site's privacy budget is spent: it trains no more, and still measures models",
    "QueryBudgetError": "the site has answered as many requests of this study as its egress policy allows",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Monotonic seconds, and how to wait; tests replace both."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is online: the node id of each site, and the node ids of no admitted site."""

    sites: Mapping[str, int]
    unknown: frozenset[int]


@dataclass(frozen=True, slots=True)
class SiteReply:
    """What came of a request to one site: its records, or the reason why there are none.

    Attributes:
        group: the request that it answers: an earlier one where the site was late.
    """

    site: str
    group: str
    content: RecordDict | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of several sites.

    Attributes:
        content: makes the records for a site: whole, or without what the site is believed to have.
        kind: Flower's message type.
        group: Flower's group: the round.
        deadline_seconds: from the moment it is sent.
        probe: a query that every site answers at once. A site works in order, so if it answers a later probe before the
            request, it has lost the request (a process was killed), which is then sent again.
        brief_for: sites that are believed to have what is large; one that has not says so and gets the whole.
        sent_whole: the sites that were sent the whole, once for each time.
    """

    content: Callable[[str, bool], RecordDict]
    kind: str
    group: str
    deadline_seconds: float
    probe: RecordDict | None = None
    brief_for: Collection[str] = ()
    sent_whole: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, content: RecordDict, *, kind: str, group: str, deadline_seconds: float) -> "Request":
        """The same small records for every site."""
        return cls(lambda _site, _whole: content, kind, group, deadline_seconds)


class SiteMessenger:
    """The Grid with sites instead of nodes.

    Attributes:
        waiting: the sites whose replies to the request in progress are missing.

    Args:
        on_wait: called at each pause while replies are missing.
    """

    def __init__(self, grid: Grid, sites: SiteDirectory, *, clock: Clock, on_wait: Callable[[], None]) -> None:
        self._grid = grid
        self._sites = sites
        self.clock = clock
        self._on_wait = on_wait
        self.waiting: tuple[str, ...] = ()
        self._owed: dict[str, _Owed] = {}
        self._late: list[SiteReply] = []

    def admitted(self) -> frozenset[str]:
        """The sites that are admitted now."""
        return frozenset(self._sites().values())

    def online(self) -> Presence:
        """Who is online now."""
        known = self._sites()
        nodes = list(self._grid.get_node_ids())
        return Presence(
            sites={known[node]: node for node in sorted(nodes) if node in known},
            unknown=frozenset(nodes) - known.keys(),
        )

    def wait(self) -> None:
        """Let a moment pass."""
        self._on_wait()
        self.clock.sleep(_POLL_SECONDS)

    def busy(self, online: Collection[str]) -> Mapping[str, str]:
        """The sites that still work on an earlier request, each with that request's group.

        One that is not online has lost it: its processes were ended, or will be asked again.
        """
        self._owed = {identity: owed for identity, owed in self._owed.items() if owed.site in online}
        self._collect_late()
        return {owed.site: owed.group for owed in self._owed.values()}

    def ask(self, request: Request, sites: Mapping[str, int]) -> Iterator[SiteReply]:
        """One reply per site, as they arrive; at the deadline, the failure ``late`` for each that is missing.

        Replies to earlier requests of the same kind that arrive meanwhile come too, with their own group.

        Args:
            request: what to ask.
            sites: node id by site.
        """
        end = self.clock.now() + request.deadline_seconds
        outbox = _Outbox(self._grid, request)
        monitor = _LostMessageMonitor(self._grid, request, outbox, self.clock)
        for site in outbox.send(sites):
            yield SiteReply(site, request.group, failure="the message could not be sent")
        waiting = {site: node for site, node in sites.items() if site in outbox.sites}
        while waiting:
            self.waiting = tuple(waiting)
            is_last = self.clock.now() >= end
            for reply in self._arrived(outbox, waiting, request):
                waiting.pop(reply.site, None)
                yield reply
            yield from self._take_late(request)
            if is_last or not waiting:
                break
            monitor.look(waiting)
            self.wait()
        self.waiting = ()
        for site in waiting:
            if request.kind == "train" and site not in monitor.idle:
                self._owe(outbox, site, request)
            yield SiteReply(site, request.group, failure="late")

    def _arrived(self, outbox: "_Outbox", waiting: Mapping[str, int], request: Request) -> Iterator[SiteReply]:
        """The replies so far; a site that has not what it was believed to have is sent the whole request."""
        for site, message in outbox.replies():
            reply = _site_reply(site, message, group=request.group, node=waiting[site])
            if reply.failure == _UNKNOWN_MODEL and site not in request.sent_whole:
                if not outbox.send({site: waiting[site]}, whole=True):
                    continue
                reply = SiteReply(site, request.group, failure="the message could not be sent")
            yield reply

    def _owe(self, outbox: "_Outbox", site: str, request: Request) -> None:
        until = self.clock.now() + request.deadline_seconds
        for identity in outbox.identities(site):
            self._owed[identity] = _Owed(site, request.group, until)

    def _collect_late(self) -> None:
        now = self.clock.now()
        self._owed = {identity: owed for identity, owed in self._owed.items() if owed.until > now}
        if not self._owed:
            return
        for message in self._grid.pull_messages(list(self._owed)):
            owed = self._owed.pop(message.metadata.reply_to_message_id, None)
            if owed is None:
                continue
            self._owed = {identity: one for identity, one in self._owed.items() if one.site != owed.site}
            if not message.has_error():
                self._late.append(SiteReply(owed.site, owed.group, content=message.content))

    def _take_late(self, request: Request) -> Iterator[SiteReply]:
        if request.kind == "train":
            self._collect_late()
            late, self._late = self._late, []
            yield from late


@dataclass(frozen=True, slots=True)
class _Owed:
    """A reply that may still come."""

    site: str
    group: str
    until: float


class _Outbox:
    """One request to several sites, and the first reply of each."""

    def __init__(self, grid: Grid, request: Request) -> None:
        self._grid = grid
        self._request = request
        self._ttl = _DEADLINES_KEPT * request.deadline_seconds + _CLOCK_SKEW_SECONDS
        self._sent: dict[str, str] = {}  # site by message id

    @property
    def sites(self) -> frozenset[str]:
        """The sites that have not replied."""
        return frozenset(self._sent.values())

    def identities(self, site: str) -> list[str]:
        """The messages to a site that have no reply."""
        return [identity for identity, other in self._sent.items() if other == site]

    def send(self, sites: Mapping[str, int], *, whole: bool = False) -> list[str]:
        """Send the request, for the first time or again; returns the sites that it could not be sent to.

        Args:
            sites: node id by site.
            whole: to every site, whatever it is believed to have.
        """
        messages = [self._message(site, node, whole=whole) for site, node in sites.items()]
        pushed = list(zip(self._grid.push_messages(messages), sites, strict=False))
        self._sent.update({identity: site for identity, site in pushed if identity})
        reached = {site for identity, site in pushed if identity}
        return [site for site in sites if site not in reached]

    def _message(self, site: str, node: int, *, whole: bool) -> Message:
        request = self._request
        is_whole = whole or site not in request.brief_for
        if is_whole:
            request.sent_whole.append(site)
        content = request.content(site, is_whole)
        return Message(content, node, request.kind, ttl=self._ttl, group_id=request.group)

    def replies(self) -> Iterator[tuple[str, Message]]:
        """The replies so far, one for each site; a second reply to a message sent twice is not fetched."""
        if not self._sent:
            return
        for reply in self._grid.pull_messages(list(self._sent)):
            site = self._sent.get(reply.metadata.reply_to_message_id)
            if site is not None:
                self._sent = {identity: other for identity, other in self._sent.items() if other != site}
                yield site, reply


class _LostMessageMonitor:
    """Sends a request again to sites that have lost it.

    Attributes:
        idle: sites that answered a probe before the request: they do not work on it.
    """

    def __init__(self, grid: Grid, request: Request, outbox: _Outbox, clock: Clock) -> None:
        self._outbox = outbox
        probe = request.probe
        self._probes = None if probe is None else _Outbox(grid, _as_probe(request, probe))
        self._clock = clock
        self._due = clock.now() + _PROBE_SECONDS
        self._resent: Counter[str] = Counter()
        self._answered: set[str] = set()
        self.idle: set[str] = set()

    def look(self, waiting: Mapping[str, int]) -> None:
        """Probe the waiting sites now and then; resend to those that answered the last probe.

        A site that answers a probe has until the next look: its reply to the request may be on its way.
        """
        if self._probes is None or (not self._probes.sites and not self._answered and self._clock.now() < self._due):
            return
        lost = [site for site in self._answered if site in waiting and self._resent[site] < _MOST_RESENDS]
        if lost:
            self._outbox.send({site: waiting[site] for site in lost})
            self._resent.update(lost)
        self._answered = {site for site, reply in self._probes.replies() if not reply.has_error()} & waiting.keys()
        self.idle |= self._answered
        if self._clock.now() >= self._due:
            self._due = self._clock.now() + _PROBE_SECONDS
            self._probes.send({site: node for site, node in waiting.items() if site not in self._probes.sites})


def _as_probe(request: Request, probe: RecordDict) -> Request:
    return Request.of(probe, kind="query", group=request.group, deadline_seconds=request.deadline_seconds)


def _site_reply(site: str, reply: Message, *, group: str, node: int) -> SiteReply:
    if reply.has_error():
        return SiteReply(site, group, failure=_failure(reply.error.code, reply.error.reason or ""))
    if reply.metadata.src_node_id != node:
        return SiteReply(site, group, failure=f"node {reply.metadata.src_node_id} answered in its place")
    return SiteReply(site, group, content=reply.content)


def _failure(code: int, reason: str) -> str:
    """The reason, for people; of a site's own text only a single error code is repeated."""
    if code == ErrorCode.MESSAGE_UNAVAILABLE and _TOO_LARGE in reason:
        return f"refused: its reply is {_TOO_LARGE}"
    if code in _NOT_FROM_SITE:
        return _NOT_FROM_SITE[code]
    if not _CODE.fullmatch(reason):
        return f"error {code}"
    return f"{reason} ({_MEANINGS[reason]})" if reason in _MEANINGS else reason
