"""Which sites take part in the next round: admitted, online, and with the same study approved."""

import math
from collections.abc import Callable, Mapping

from glsmed.server.rounds.site_messenger import SiteMessenger, SiteReply
from glsmed.shared.errors import WireError
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import Hello, HelloReply, require_same
from glsmed.shared.protocol.metric_names import check_metrics
from glsmed.shared.protocol.study import Study

HELLO_SECONDS = 30.0
_SOON_SECONDS = 5.0  # pause before a site that did not agree is asked again, while the quorum is missing
_LATER_SECONDS = 60.0  # the same once the round could begin without it
_MOST_SHOWN = 80  # characters of a site's own words

Record = Callable[[str, Mapping[str, object]], None]


class Participants:
    """Greets every site once, before its first round.

    Args:
        record: appends an event with its fields to the audit log.
    """

    def __init__(self, messenger: SiteMessenger, study: Study, *, record: Record) -> None:
        self._messenger = messenger
        self._hello = Hello(study_digest=study.digest(), run=study.study)
        self._findings = study.findings
        self._quorum = study.federation.quorum
        self._record = record
        self._greeted: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}
        self._strangers: set[int] = set()

    def assemble(self, *, tell: Tell) -> Mapping[str, int]:
        """Wait until a quorum of sites is ready; returns the node id of each ready site.

        Args:
            tell: gets one line about who is ready and who is not, repeatedly while waiting.
        """
        while True:
            ready = self.ready()
            if len(ready) >= self._quorum:
                return ready
            tell(self._who_is_missing(ready))
            self._messenger.wait()

    def ready(self) -> Mapping[str, int]:
        """The node id of each site that is ready now, however few there are."""
        presence = self._messenger.online()
        self._note_strangers(presence.unknown)
        due = self._due(presence.sites)
        if due:
            self._greet(due)
        return {site: node for site, node in presence.sites.items() if site in self._greeted}

    def _note_strangers(self, nodes: frozenset[int]) -> None:
        for node in nodes - self._strangers:
            self._record("node_ignored", {"node": node, "reason": "no site was admitted with its key"})
        self._strangers |= nodes

    def _due(self, online: Mapping[str, int]) -> Mapping[str, int]:
        """The sites to greet now: those never asked, and after a pause those that did not agree."""
        has_quorum = len(self._greeted & online.keys()) >= self._quorum
        asked_before = self._messenger.clock.now() - (_LATER_SECONDS if has_quorum else _SOON_SECONDS)
        return {
            site: node
            for site, node in online.items()
            if site not in self._greeted and self._asked_at.get(site, -math.inf) <= asked_before
        }

    def _greet(self, sites: Mapping[str, int]) -> None:
        self._asked_at.update(dict.fromkeys(sites, self._messenger.clock.now()))
        replies = self._messenger.ask(
            encode(self._hello), kind="query", sites=sites, group="hello", deadline_seconds=HELLO_SECONDS
        )
        for reply in replies:
            self._take(reply)

    def _take(self, reply: SiteReply) -> None:
        try:
            hello = self._checked(reply)
        except WireError as error:
            if self._refusals.get(reply.site) != str(error):
                self._record("site_not_ready", {"site": reply.site, "reason": str(error)})
            self._refusals[reply.site] = str(error)
            return
        self._greeted.add(reply.site)
        self._refusals.pop(reply.site, None)
        self._record(
            "site_joined", {"site": hello.site, "release": hello.release[:_MOST_SHOWN], "metrics": dict(hello.metrics)}
        )

    def _checked(self, reply: SiteReply) -> HelloReply:
        if reply.content is None:
            raise WireError(reply.failure)
        hello = decode(reply.content, HelloReply)
        require_same("site", expected=reply.site, got=hello.site)
        require_same("study", expected=self._hello.study_digest, got=hello.study_digest)
        check_metrics(hello.metrics, self._findings)
        return hello

    def _who_is_missing(self, ready: Mapping[str, int]) -> str:
        here = ", ".join(ready) or "none"
        trouble = "; ".join(f"{site} is online but not ready: {why}" for site, why in self._refusals.items())
        return f"waiting for sites: {len(ready)} of {self._quorum} ready ({here})" + (f"; {trouble}" if trouble else "")
