"""One site in secure aggregation: new keys for each sum, one masked update, one answer with shares.

keys ─ the keys of all, checked against the roster ─ shares in boxes ─ masked update ─ shares of who survived or not

Secrets live in memory and for one sum only. A process that ends forgets them, and counts as one that dropped out.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import TypeAdapter, ValidationError

from glsmed.client.egress.masking.answered_sums import Adders, AnsweredSums
from glsmed.shared.cue_calibration.cue_counts import cue_names
from glsmed.shared.errors import SecureAggregationError, WireError
from glsmed.shared.protocol.messages import KeysTask, SharesTask, UnmaskTask, require_same
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Floats, Ring, weight_bits
from glsmed.shared.secure_aggregation.key_agreement import new_private_key
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.secure_aggregation.masks import SEED_BYTES, apply_masks
from glsmed.shared.secure_aggregation.roster import Roster
from glsmed.shared.secure_aggregation.shares import SHARE_BYTES, opened, sealed, split_secret
from glsmed.shared.secure_aggregation.signed_keys import DATA_OF, About, Adding, SignedKeys, SiteSecrets, Subject

ParsedT = TypeVar("ParsedT")

_NAMES = TypeAdapter(tuple[str, ...])
_BOXES = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class SumRules:
    """What the site's own files say of every sum.

    Attributes:
        norm: L2 norm that the site cuts its change to.
        by_patients: whether it counts by patients instead of cells.
    """

    roster: Roster
    norm: float
    by_patients: bool = False


@dataclass(slots=True)
class _Sum:
    """One sum in progress."""

    subject: Subject
    secrets: SiteSecrets
    keys: SignedKeys
    counts: Counts
    cues: tuple[str, ...] = ()
    exchange: Exchange | None = None
    has_masked: bool = False


class SiteMasking:
    """See the module.

    Args:
        site: its name.
        identity: its own private key, the one whose public half is on the roster.
        rules: what its files say.
        form: how masked updates travel.
        answered: whose sums it helped to see.
    """

    def __init__(
        self,
        site: str,
        identity: ec.EllipticCurvePrivateKey,
        rules: SumRules,
        *,
        form: MaskedForm,
        answered: AnsweredSums,
    ) -> None:
        self._site = site
        self._identity = identity
        self._rules = rules
        self._form = form
        self._answered = answered
        self._sum: _Sum | None = None

    @property
    def form(self) -> MaskedForm:
        """How this site's masked updates travel."""
        return self._form

    def new_keys(self, task: KeysTask, counts: Counts, adding: Adding | None = None) -> str:
        """The site's keys for a new sum, as JSON; an earlier sum is given up.

        Args:
            task: what the sum is about.
            counts: what the site has to train on; only the number of bits of its weight is told.
            adding: to which findings' counts of scores it could add; not to those that the centre has without it.

        Raises:
            MismatchError: the centre has another roster.
            WireError: the task names no digest.
        """
        require_same("roster", expected=self._rules.roster.digest(), got=task.roster_digest)
        subject = _subject(task)
        secrets = SiteSecrets(mask_key=new_private_key(), box_key=new_private_key(), own_seed=os.urandom(SEED_BYTES))
        bits = weight_bits(self._weight(counts)) if "change" in DATA_OF[subject.about] else 0
        cues = cue_names(task.cues) if task.cues else ()
        told = None if adding is None else self._as_before(adding, subject, cues)
        keys = secrets.signed(self._site, subject, weight_bits=bits, identity=self._identity, adding=told)
        self._sum = _Sum(subject, secrets, keys, counts, cues)
        return keys.model_dump_json()

    def shared_out(self, task: SharesTask) -> str:
        """A box for each site of the sum, this one too, with shares of the site's two secrets; as JSON by name.

        Raises:
            SecureAggregationError: the keys are not those of at least three sites of the roster, each signed by it; or
                the site shared its secrets out already.
        """
        current = self._current(task.round)
        if current.exchange is not None:
            raise SecureAggregationError("the secrets of this sum were shared out already")
        try:
            exchange = self._checked_exchange(task.keys, current)
        except WireError as error:
            raise SecureAggregationError(str(error)) from None
        current.exchange = exchange
        return json.dumps(self._boxes(current.secrets, exchange))

    def require_ready(self, round_number: int, model_digest: str, about: About = "update") -> None:
        """Raise unless the next update of this round can go under masks; ask before training, to spare it in vain.

        Raises:
            SecureAggregationError: no sum of this round, model and kind was agreed on, or its update went already: two
                vectors under the same masks would show their difference.
        """
        self._current(round_number)
        if not self.is_ready(round_number, model_digest, about):
            raise SecureAggregationError(
                f"round {round_number}: no sum was agreed on for this model, or this site's update is in it already; "
                "this site sends no update without masks"
            )

    def is_ready(self, round_number: int, model_digest: str, about: About) -> bool:
        """Whether a sum of this kind was agreed on for this model, and nothing of this site is in it yet."""
        current = self._sum
        if current is None or current.exchange is None or current.has_masked:
            return False
        subject = current.subject
        return (subject.round, subject.model_digest, subject.about) == (round_number, model_digest, about)

    @property
    def adds_counts(self) -> bool:
        """Whether the sum in progress has counts of scores to which this site said that it would add."""
        return self._sum is not None and bool(self._sum.keys.adds_to)

    def masked(self, change: Floats, counts: Counts, scores: Ring | None = None) -> Ring:
        """``(size,)`` the site's weighted change, its counts and its counts of scores, under all its masks.

        Args:
            change: ``(N,)`` float32.
            counts: what it was trained on.
            scores: of the form's shape; None for zeros.

        Raises:
            SecureAggregationError: no sum is ready.
            WireError: the change is not finite, or the counts grew beyond what the keys said.
        """
        current, exchange = self._ready(of_change=True)
        fixed = exchange.fixed_point(self._rules.norm)
        clipped, norm = fixed.clipped(change)
        if norm > fixed.norm:
            structlog.get_logger().warning("change_clipped", norm=round(norm, 3), bound=fixed.norm)
        behind = None if scores is None else self._told(current, exchange, scores)
        vector = self._form.vector(fixed.encode(clipped, self._weight(counts)), counts, behind)
        return self._under_masks(vector, current, exchange)

    def masked_scores(self, scores: Ring) -> Ring:
        """``(size,)`` the site's counts of scores alone, under all its masks.

        Args:
            scores: a row for each finding, or cue, of the sum.

        Raises:
            SecureAggregationError: no sum of counts is ready.
        """
        current, exchange = self._ready(of_change=False)
        return self._under_masks(self._told(current, exchange, scores).ravel(), current, exchange)

    def shares_for(self, task: UnmaskTask) -> str:
        """One share for each site of the sum, as JSON by name; after this the secrets of the sum are gone.

        Raises:
            SecureAggregationError: too few sites survived, this one is not among them or sent no update; or the sum's
                difference to one that it helped to see before could show one site.
            WireError: a box was altered.
        """
        current = self._current(task.round)
        if current.exchange is None or not current.has_masked:
            raise SecureAggregationError("this site has no update in the sum")
        exchange, survivors = current.exchange, self._survivors(current.exchange, task.survivors)
        boxes = _parsed(_BOXES, task.boxes)
        pairs = {sender: self._opened(current.secrets, exchange, sender, boxes) for sender in exchange.sites}
        self._answered.add(current.subject, survivors, _adders(current, exchange, survivors))
        self._sum = None
        shares = {site: pair.of(is_survivor=site in survivors).hex() for site, pair in pairs.items()}
        return json.dumps(shares)

    def _as_before(self, adding: Adding, subject: Subject, cues: tuple[str, ...]) -> Adding:
        without = self._answered.counted_without(self._site, subject)
        places = tuple(place for place in adding.adds_to if _item(place, cues) not in without)
        return adding.model_copy(update={"adds_to": places})

    def _ready(self, *, of_change: bool) -> "tuple[_Sum, Exchange]":
        current = self._sum
        if current is None or current.exchange is None or current.has_masked:
            raise SecureAggregationError("no sum is ready for an update of this site")
        if of_change != ("change" in DATA_OF[current.subject.about]):
            raise SecureAggregationError(f"the sum that is ready is about another thing: {current.subject.about}")
        return current, current.exchange

    def _told(self, current: _Sum, exchange: Exchange, scores: Ring) -> Ring:
        """The counts of the findings to which this site and two others add; zeros of all others."""
        told = np.zeros_like(scores)
        for item in set(exchange.counted_items) & set(current.keys.adds_to):
            told[item] = scores[item]
        return told

    def _under_masks(self, vector: Ring, current: _Sum, exchange: Exchange) -> Ring:
        current.has_masked = True  # before the masks are on: whatever happens, they are not used twice
        others = [site for site in exchange.sites if site != self._site]
        own = exchange.own_mask(current.secrets.own_seed, is_added=True)
        apply_masks(vector, [own, *exchange.pair_masks(self._site, current.secrets.mask_key, others)])
        return vector

    def _checked_exchange(self, keys: str, current: _Sum) -> Exchange:
        exchange = Exchange.from_json(keys, self._rules.roster, current.subject)
        if exchange.of_site(self._site) != current.keys:
            raise WireError("the keys in this site's name are not those that it made")
        exchange.fixed_point(self._rules.norm)  # raises where sums could wrap around
        return exchange

    def _weight(self, counts: Counts) -> int:
        return counts.patients if self._rules.by_patients else counts.cells

    def _current(self, round_number: int) -> _Sum:
        if self._sum is None or self._sum.subject.round != round_number:
            raise SecureAggregationError(
                f"round {round_number}: this site has no keys for a sum; it sends no update without masks"
            )
        return self._sum

    def _survivors(self, exchange: Exchange, text: str) -> tuple[str, ...]:
        try:
            named: tuple[str, ...] = _parsed(_NAMES, text)
            survivors = exchange.survivors(named)
        except WireError as error:
            raise SecureAggregationError(str(error)) from None
        if self._site not in survivors:
            raise SecureAggregationError("this site's update is not in the sum that it should help to see")
        return survivors

    def _boxes(self, secrets: SiteSecrets, exchange: Exchange) -> dict[str, str]:
        split = {"threshold": exchange.threshold, "count": len(exchange.keys)}
        own = split_secret(secrets.own_seed, **split)
        keys = split_secret(secrets.mask_key, **split)
        boxes = {}
        for place, receiver in enumerate(exchange.sites):
            key = exchange.box_key(secrets.box_key, sender=self._site, receiver=receiver, peer=receiver)
            boxes[receiver] = sealed(key, own[place] + keys[place], label=exchange.context).hex()
        return boxes

    def _opened(self, secrets: SiteSecrets, exchange: Exchange, sender: str, boxes: Mapping[str, str]) -> "_SharePair":
        key = exchange.box_key(secrets.box_key, sender=sender, receiver=self._site, peer=sender)
        try:
            content = opened(key, bytes.fromhex(boxes[sender]), label=exchange.context)
        except (KeyError, ValueError):
            raise WireError(f"the box of {sender} is missing or is not hexadecimal") from None
        return _SharePair(content[:SHARE_BYTES], content[SHARE_BYTES:])


@dataclass(frozen=True, slots=True)
class _SharePair:
    """What one site gave this one to keep: a share of the seed of its own mask, and one of its mask key."""

    own_seed: bytes
    mask_key: bytes

    def of(self, *, is_survivor: bool) -> bytes:
        """The one that may be told: the other stays here for good."""
        return self.own_seed if is_survivor else self.mask_key


def _item(place: int, cues: tuple[str, ...]) -> str:
    """What the account calls a finding, by its place, or a cue, whose place is another in another list."""
    return cues[place] if cues else str(place)


def _adders(current: _Sum, exchange: Exchange, survivors: tuple[str, ...]) -> Adders:
    return {_item(place, current.cues): exchange.adding_to(place, survivors) for place in exchange.counted_items}


def _subject(task: KeysTask) -> Subject:
    try:
        return Subject.model_validate(
            {name: value for name, value in dataclasses.asdict(task).items() if name != "cues"}
        )
    except ValidationError:
        raise WireError(
            "the sum is about no round or model: expected a round from 1, SHA-256 digests, and a kind of sum"
        ) from None


def _parsed(adapter: "TypeAdapter[ParsedT]", text: str) -> ParsedT:
    try:
        return adapter.validate_json(text)
    except ValidationError:
        raise WireError("a list of sites or boxes is not JSON of the kind that is expected") from None
