"""Requests to the sites of a study over Flower's Grid: who is online, and one request with a deadline."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flwr.app import Message, RecordDict
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid

SiteDirectory = Callable[[], Mapping[int, str]]  # node id → site name, as admitted now

_POLL_SECONDS = 0.2
_PROBE_SECONDS = 20.0
_MOST_RESENDS = 3
_CLOCK_SKEW_SECONDS = 600.0  # how far a site's clock may differ before Flower drops its reply as expired
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_NOT_FROM_SITE = {
    ErrorCode.NODE_UNAVAILABLE: "went offline",
    ErrorCode.MESSAGE_UNAVAILABLE: "the message was lost",
    ErrorCode.REPLY_MESSAGE_UNAVAILABLE: "the reply was lost",
}
_TOO_LARGE = "larger than the study's model"  # as the ServerApp's own pull says
_MEANINGS = {
    "MismatchError.study": "the site approved another study.yaml",
    "MismatchError.protocol": "the site runs another release of glsmed",
    "MismatchError.manifest": "the site builds another model from the same study.yaml",
    "PrivacyError": "the site's egress policy does not allow it",
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
    """What came of a request to one site: its records, or the reason why there are none."""

    site: str
    content: RecordDict | None = None
    failure: str = ""


class SiteMessenger:
    """The Grid with sites instead of nodes; ``on_wait`` is called at each pause while replies are missing."""

    def __init__(self, grid: Grid, sites: SiteDirectory, *, clock: Clock, on_wait: Callable[[], None]) -> None:
        self._grid = grid
        self._sites = sites
        self.clock = clock
        self._on_wait = on_wait

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

    def ask(
        self,
        content: RecordDict,
        *,
        kind: str,
        sites: Mapping[str, int],
        group: str,
        deadline_seconds: float,
        probe: RecordDict | None = None,
    ) -> Iterator[SiteReply]:
        """One reply per site, as they arrive; at the deadline, the failure ``late`` for each that is missing.

        Replies after the deadline are dropped, so a late one cannot be mistaken for a reply to the next request.

        Args:
            content: the request.
            kind: Flower's message type.
            group: Flower's group, for people who read its logs.
            sites: node id by site.
            deadline_seconds: from now.
            probe: a query that every site answers at once. A site works in order, so if it answers a later probe before
                the request, it has lost the request (a process was killed), which is then sent again.
        """
        end = self.clock.now() + deadline_seconds
        ttl = deadline_seconds + _CLOCK_SKEW_SECONDS
        request = _Outbox(self._grid, content, kind=kind, group=group, ttl=ttl)
        probes = None if probe is None else _Outbox(self._grid, probe, kind="query", group=group, ttl=ttl)
        monitor = _LostMessageMonitor(request, probes, self.clock)
        for site in request.send(sites):
            yield SiteReply(site, failure="the message could not be sent")
        waiting = {site: node for site, node in sites.items() if site in request.sites}
        while waiting:
            is_last = self.clock.now() >= end
            for site, reply in request.replies():
                yield _site_reply(site, reply, node=waiting.pop(site))
            if is_last or not waiting:
                break
            monitor.look(waiting)
            self.wait()
        for site in waiting:
            yield SiteReply(site, failure="late")


class _Outbox:
    """One message to several sites, and the first reply of each."""

    def __init__(self, grid: Grid, content: RecordDict, *, kind: str, group: str, ttl: float) -> None:
        self._grid = grid
        self._content = content
        self._kind = kind
        self._group = group
        self._ttl = ttl
        self._sent: dict[str, str] = {}  # site by message id

    @property
    def sites(self) -> frozenset[str]:
        """The sites that have not replied."""
        return frozenset(self._sent.values())

    def send(self, sites: Mapping[str, int]) -> list[str]:
        """Send the message, for the first time or again; returns the sites that it could not be sent to."""
        messages = [
            Message(self._content, node, self._kind, ttl=self._ttl, group_id=self._group) for node in sites.values()
        ]
        pushed = list(zip(self._grid.push_messages(messages), sites, strict=False))
        self._sent.update({identity: site for identity, site in pushed if identity})
        reached = {site for identity, site in pushed if identity}
        return [site for site in sites if site not in reached]

    def replies(self) -> Iterator[tuple[str, Message]]:
        """The replies so far, one for each site; a second reply to a message sent twice is not fetched."""
        for reply in self._grid.pull_messages(list(self._sent)):
            site = self._sent.get(reply.metadata.reply_to_message_id)
            if site is not None:
                self._sent = {identity: other for identity, other in self._sent.items() if other != site}
                yield site, reply


class _LostMessageMonitor:
    """Sends a request again to sites that have lost it."""

    def __init__(self, request: _Outbox, probes: _Outbox | None, clock: Clock) -> None:
        self._request = request
        self._probes = probes
        self._clock = clock
        self._due = clock.now() + _PROBE_SECONDS
        self._resent: Counter[str] = Counter()
        self._answered: set[str] = set()

    def look(self, waiting: Mapping[str, int]) -> None:
        """Probe the waiting sites now and then; resend to those that answered the last probe.

        A site that answers a probe has until the next look: its reply to the request may be on its way.
        """
        if self._probes is None:
            return
        lost = [site for site in self._answered if site in waiting and self._resent[site] < _MOST_RESENDS]
        if lost:
            self._request.send({site: waiting[site] for site in lost})
            self._resent.update(lost)
        self._answered = {site for site, reply in self._probes.replies() if not reply.has_error()} & waiting.keys()
        if self._clock.now() >= self._due:
            self._due = self._clock.now() + _PROBE_SECONDS
            self._probes.send({site: node for site, node in waiting.items() if site not in self._probes.sites})


def _site_reply(site: str, reply: Message, *, node: int) -> SiteReply:
    if reply.has_error():
        return SiteReply(site, failure=_failure(reply.error.code, reply.error.reason or ""))
    if reply.metadata.src_node_id != node:
        return SiteReply(site, failure=f"node {reply.metadata.src_node_id} answered in its place")
    return SiteReply(site, content=reply.content)


def _failure(code: int, reason: str) -> str:
    """The reason, for people; of a site's own text only a single error code is repeated."""
    if code == ErrorCode.MESSAGE_UNAVAILABLE and _TOO_LARGE in reason:
        return f"refused: its reply is {_TOO_LARGE}"
    if code in _NOT_FROM_SITE:
        return _NOT_FROM_SITE[code]
    if not _CODE.fullmatch(reason):
        return f"error {code}"
    return f"{reason} ({_MEANINGS[reason]})" if reason in _MEANINGS else reason
