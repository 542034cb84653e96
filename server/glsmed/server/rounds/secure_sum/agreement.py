"""Keys and shares of the sites of a sum, asked for before they train.

A site that gives none is left out, and the others agree anew: a sum begins only among sites that all gave both.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from flwr.app import RecordDict
from pydantic import TypeAdapter, ValidationError

from glsmed.server.rounds.site_messenger import Request, SiteMessenger, SiteReply
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import (
    KeysReply,
    KeysTask,
    SharesReply,
    SharesTask,
    UnmaskReply,
    require_same,
)
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys, Subject

STEP_SECONDS = 120.0  # a site answers at once, unless something is wrong with it
_BY_SITE = TypeAdapter(dict[str, str])

SealedT = TypeVar("SealedT", KeysReply, SharesReply, UnmaskReply)
AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class Asking:
    """Asks the sites of one sum, and keeps why a site does not answer as it should.

    Attributes:
        failures: the reason for each site that dropped out.
        cues: names of the cues of a sum of their counts, as JSON; else empty.
    """

    messenger: SiteMessenger
    roster: Roster
    subject: Subject
    failures: dict[str, str] = field(default_factory=dict)
    cues: str = ""

    def agreed(self, sites: Mapping[str, int]) -> "Agreement | None":
        """The keys and boxes of as many of the sites as give both; None where they are fewer than three.

        Args:
            sites: node id by site.
        """
        left = dict(sites)
        for site in sites.keys() - self.roster.sites.keys():
            self.failures[site] = "it is not on the roster that the hospitals approved"
        while True:
            left = {site: node for site, node in left.items() if site not in self.failures}
            if len(left) < FEWEST_SITES:
                return None
            agreement = self._tried(left)
            if agreement is not None:
                return agreement

    def answers(
        self,
        kind: type[SealedT],
        sites: Mapping[str, int],
        content: Callable[[str], RecordDict],
        read: Callable[[str, str], AnswerT],
    ) -> dict[str, AnswerT]:
        """What the sites answer to one question; those that do not are among the failures.

        Args:
            kind: of the reply.
            sites: node id by site.
            content: makes the question for a site.
            read: makes the answer of a site and the sealed text of its reply, or raises WireError.
        """
        found = {}
        for reply in self._replies(kind, sites, content):
            try:
                found[reply.site] = read(reply.site, self._sealed(reply, kind))
            except WireError as error:
                self.failures[reply.site] = str(error) if reply.content is None else f"refused: {error}"
        return found

    def _replies(
        self, kind: type[SealedT], sites: Mapping[str, int], content: Callable[[str], RecordDict]
    ) -> Iterator[SiteReply]:
        request = Request(
            content=lambda site, _whole: content(site),
            kind=_QUESTIONS[kind],
            group=str(self.subject.round),
            deadline_seconds=STEP_SECONDS,
        )
        return self.messenger.ask(request, sites)

    def _sealed(self, reply: SiteReply, kind: type[SealedT]) -> str:
        if reply.content is None:
            raise WireError(reply.failure)
        message = decode(reply.content, kind)
        require_same("study", expected=self.subject.study_digest, got=message.study_digest)
        require_same("round", expected=self.subject.round, got=message.round)
        return message.sealed

    def _tried(self, sites: Mapping[str, int]) -> "Agreement | None":
        about = self.subject
        task = KeysTask(
            study_digest=about.study_digest,
            round=about.round,
            model_digest=about.model_digest,
            roster_digest=about.roster_digest,
            about=about.about,
            cues=self.cues,
        )
        keys = self.answers(KeysReply, sites, lambda _: encode(task), self._keys_of)
        if len(keys) < FEWEST_SITES:
            return None
        exchange = Exchange.of(list(keys.values()), self.roster, about)
        question = SharesTask(study_digest=about.study_digest, round=about.round, keys=exchange.to_json())
        having = {site: sites[site] for site in exchange.sites}

        def boxes_of(_site: str, text: str) -> dict[str, str]:
            boxes = by_site(text)
            require_same("site", expected=sorted(exchange.sites), got=sorted(boxes))
            return boxes

        boxes = self.answers(SharesReply, having, lambda _: encode(question), boxes_of)
        return Agreement(exchange, boxes) if boxes.keys() == having.keys() else None

    def _keys_of(self, site: str, text: str) -> SignedKeys:
        try:
            keys = SignedKeys.model_validate_json(text)
        except ValidationError as error:
            raise WireError(f"not the keys of a site: {error.error_count()} fault(s)") from None
        require_same("site", expected=site, got=keys.site)
        Exchange.require_own(keys, self.roster, self.subject)
        return keys


_QUESTIONS: Mapping[type, str] = {
    KeysReply: "query.secure_keys",
    SharesReply: "query.secure_shares",
    UnmaskReply: "query.secure_unmask",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the sites of a sum agreed on.

    Attributes:
        boxes: by sender, a box for each site.
    """

    exchange: Exchange
    boxes: Mapping[str, Mapping[str, str]]

    def boxes_for(self, site: str) -> str:
        """The boxes that the sites sent to one of them, as JSON by sender."""
        return json.dumps({sender: boxes[site] for sender, boxes in self.boxes.items()})


def by_site(text: str) -> dict[str, str]:
    """Texts by name of site, from JSON.

    Raises:
        WireError: it is something else.
    """
    try:
        return _BY_SITE.validate_json(text)
    except ValidationError:
        raise WireError("expected texts by site, as JSON") from None
