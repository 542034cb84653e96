"""Asking the sites of a study over Flower's Grid: who is online, and one question with a deadline."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flwr.app import Message, RecordDict
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid

SiteDirectory = Callable[[], Mapping[int, str]]  # node id → site name, as admitted now

_POLL_SECONDS = 0.2
_CLOCK_SKEW_SECONDS = 600.0  # a site's clock may be this far from ours before its answer counts as expired on the way
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_NOT_FROM_SITE = {
    ErrorCode.NODE_UNAVAILABLE: "went offline",
    ErrorCode.MESSAGE_UNAVAILABLE: "the message was lost",
    ErrorCode.REPLY_MESSAGE_UNAVAILABLE: "the answer was lost",
}
_MEANINGS = {
    "MismatchError.study": "the site approved another study.yaml",
    "MismatchError.protocol": "the site runs another release of glsmed",
    "MismatchError.manifest": "the site builds another model from the same study.yaml",
    "PrivacyError": "the site's egress policy does not allow it",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds that only grow, and how to let them pass; a test may put its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is online: node id by site, and node ids that no site was admitted with."""

    sites: Mapping[str, int]
    unknown: frozenset[int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question to one site: records, or the reason why there are none."""

    site: str
    content: RecordDict | None = None
    failure: str = ""


class Exchange:
    """The Grid with sites instead of nodes; ``on_wait`` is called whenever nothing has come yet."""

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
        self, content: RecordDict, *, kind: str, sites: Mapping[str, int], group: str, deadline_seconds: float
    ) -> Iterator[Answer]:
        """One answer per site, as they come; at the deadline, the failure ``late`` for each that is missing.

        What is not collected by then is never asked for again, so a late answer cannot be taken for a later one.
        """
        end = self.clock.now() + deadline_seconds
        messages = [
            Message(content, node, kind, ttl=deadline_seconds + _CLOCK_SKEW_SECONDS, group_id=group)
            for node in sites.values()
        ]
        pushed = zip(self._grid.push_messages(messages), sites, strict=False)
        waiting = {identity: site for identity, site in pushed if identity}
        for site in set(sites) - set(waiting.values()):
            yield Answer(site, failure="the message could not be sent")
        while waiting:
            is_last = self.clock.now() >= end
            for reply in self._grid.pull_messages(list(waiting)):
                site = waiting.pop(reply.metadata.reply_to_message_id, "")
                if site:
                    yield _answer(site, reply, node=sites[site])
            if is_last:
                break
            if waiting:
                self.wait()
        for site in waiting.values():
            yield Answer(site, failure="late")


def _answer(site: str, reply: Message, *, node: int) -> Answer:
    if reply.has_error():
        return Answer(site, failure=_failure(reply.error.code, reply.error.reason or ""))
    if reply.metadata.src_node_id != node:
        return Answer(site, failure=f"node {reply.metadata.src_node_id} answered in its place")
    return Answer(site, content=reply.content)


def _failure(code: int, reason: str) -> str:
    """The reason for people; a site may only send a word, whatever else it sends is not repeated."""
    if code in _NOT_FROM_SITE:
        return _NOT_FROM_SITE[code]
    if not _CODE.fullmatch(reason):
        return f"error {code}"
    return f"{reason} ({_MEANINGS[reason]})" if reason in _MEANINGS else reason
