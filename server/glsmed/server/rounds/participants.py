"""Which sites take part in the next round: admitted, online, with the same study approved, and not set aside."""

import math
from collections import Counter
from collections.abc import Callable, Mapping

from glsmed.server.rounds.site_messenger import Request, SiteMessenger, SiteReply
from glsmed.shared.errors import PrivacyBudgetError, WireError
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import Hello, HelloReply, require_same
from glsmed.shared.protocol.metric_names import check_metrics
from glsmed.shared.protocol.study import Study

HELLO_SECONDS = 30.0
_SOON_SECONDS = 5.0  # pause before a site that did not agree is asked again, while the quorum is missing
_LATER_SECONDS = 60.0  # the same once the round could begin without it
_LOOK_SECONDS = 1.0  # how often the centre looks who is online, while it waits
_MOST_SHOWN = 80  # characters of a site's own words

Record = Callable[[str, Mapping[str, object]], None]


class Participants:
    """Greets every site once, before its first round, and sets aside for some rounds those that fail again and again.

    Attributes:
        measuring: sites that let metrics of a model leave.
        spent: sites whose privacy budget is spent: they measure models, and train no more.

    Args:
        record: appends an event with its fields to the audit log.
        quorum: sites that a round needs; that of the study if it is not given.
    """

    def __init__(self, messenger: SiteMessenger, study: Study, *, record: Record, quorum: int | None = None) -> None:
        self._messenger = messenger
        self._hello = Hello(study_digest=study.digest(), run=study.study)
        self._findings = study.findings
        self._federation = study.federation.model_copy(update={"quorum": quorum or study.federation.quorum})
        self._record = record
        self._greeted: set[str] = set()
        self.measuring: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}
        self._strangers: set[int] = set()
        self._failures: Counter[str] = Counter()
        self._back_in: dict[str, int] = {}  # the round from which on a site that was set aside is asked again
        self._here: set[str] = set()
        self.spent: set[str] = set()

    def assemble(
        self, number: int, *, tell: Tell, may_go_on: Callable[[], bool], to_train: bool = False
    ) -> Mapping[str, int]:
        """Wait until a quorum of sites is ready; returns the node id of each ready site.

        Args:
            number: the round.
            tell: gets one line about who is ready and who is not, repeatedly while waiting.
            may_go_on: asked at every look; when it says no, the sites that are ready are returned, however few.
            to_train: without the sites whose privacy budget is spent.
        """
        next_look = -math.inf
        while True:
            if self._messenger.clock.now() >= next_look:
                ready = self.ready(number, to_train=to_train)
                if len(ready) >= self._federation.quorum or not may_go_on():
                    return ready
                tell(self._who_is_missing(ready, number))
                next_look = self._messenger.clock.now() + _LOOK_SECONDS
            self._messenger.wait()

    def can_train(self) -> bool:
        """Whether enough admitted sites are left that have not spent their privacy budget."""
        return len(self._messenger.admitted() - self.spent) >= self._federation.quorum or not self.spent

    def ready(self, number: int, *, to_train: bool = False) -> Mapping[str, int]:
        """The node id of each site that is ready for a round now, however few there are.

        Sites that were set aside are among them where the quorum cannot do without.
        """
        presence = self._messenger.online()
        self._note_strangers(presence.unknown)
        due = self._due(presence.sites)
        if due:
            self._greet(due)
        self._note_departures(presence.sites)
        busy = self._messenger.busy(presence.sites)
        out = busy.keys() | (self.spent if to_train else set())
        able = {site: node for site, node in presence.sites.items() if site in self._greeted and site not in out}
        aside = self.set_aside(number)
        ready = {site: node for site, node in able.items() if site not in aside}
        return ready if len(ready) >= self._federation.quorum else able

    def note_round(self, number: int, *, counted: Mapping[str, object], not_counted: Mapping[str, str]) -> None:
        """Remember who failed in a round, and set aside who has failed too often in a row."""
        for site in counted:
            self._failures.pop(site, None)
        for site, reason in not_counted.items():
            if reason.startswith(PrivacyBudgetError.__name__):
                self._note_spent(site, number)
                continue
            self._failures[site] += 1
            if self._failures[site] >= self._federation.failures_before_pause:
                self._back_in[site] = number + 1 + self._federation.pause_rounds
                del self._failures[site]
                fields = {"site": site, "until_round": self._back_in[site], "reason": reason}
                self._record("site_set_aside", fields)

    def _note_spent(self, site: str, number: int) -> None:
        if site not in self.spent:
            self.spent.add(site)
            self._record("site_budget_spent", {"site": site, "round": number})

    def keep_aside(self, site: str, *, until: int, reason: str) -> None:
        """Set a site aside until a round, as long as the quorum can do without it."""
        self._back_in[site] = until
        self._record("site_set_aside", {"site": site, "until_round": until, "reason": reason})

    def set_aside(self, number: int) -> Mapping[str, int]:
        """The sites that sit out a round, each with the round in which it is asked again."""
        return {site: back for site, back in self._back_in.items() if back > number}

    def _note_strangers(self, nodes: frozenset[int]) -> None:
        for node in nodes - self._strangers:
            self._record("node_ignored", {"node": node, "reason": "no site was admitted with its key"})
        self._strangers |= nodes

    def _note_departures(self, online: Mapping[str, int]) -> None:
        here = self._greeted & online.keys()
        for site in sorted(self._here - here):
            reason = "it is offline" if site in self._messenger.admitted() else "its key was withdrawn"
            self._record("site_left", {"site": site, "reason": reason})
        for site in sorted(here - self._here):
            self._record("site_back", {"site": site})
        self._here = here

    def _due(self, online: Mapping[str, int]) -> Mapping[str, int]:
        """The sites to greet now: those never asked, and after a pause those that did not agree."""
        has_quorum = len(self._greeted & online.keys()) >= self._federation.quorum
        asked_before = self._messenger.clock.now() - (_LATER_SECONDS if has_quorum else _SOON_SECONDS)
        return {
            site: node
            for site, node in online.items()
            if site not in self._greeted and self._asked_at.get(site, -math.inf) <= asked_before
        }

    def _greet(self, sites: Mapping[str, int]) -> None:
        self._asked_at.update(dict.fromkeys(sites, self._messenger.clock.now()))
        request = Request.of(encode(self._hello), kind="query", group="hello", deadline_seconds=HELLO_SECONDS)
        for reply in self._messenger.ask(request, sites):
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
        self._here.add(reply.site)
        if hello.sends_metrics:
            self.measuring.add(reply.site)
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

    def _who_is_missing(self, ready: Mapping[str, int], number: int) -> str:
        quorum, here = self._federation.quorum, ", ".join(ready) or "none"
        reasons = [f"{site} is online but not ready: {why}" for site, why in self._refusals.items()]
        reasons += [f"{site} still works on round {group}" for site, group in self._messenger.busy(self._here).items()]
        reasons += [f"{site} is set aside until round {back}" for site, back in self.set_aside(number).items()]
        reasons += [f"the privacy budget of {site} is spent: it trains no more" for site in sorted(self.spent)]
        admitted = self._messenger.admitted()
        if len(admitted) < quorum:
            reasons.append(
                f"only {len(admitted)} site(s) are admitted, so the quorum cannot be reached: admit more, or lower "
                "federation.quorum in study.yaml (every hospital must then approve it again)"
            )
        return "; ".join([f"waiting for sites: {len(ready)} of {quorum} ready ({here})", *reasons])
