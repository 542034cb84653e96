"""What the sites of a round agree on before they train: whose keys, and so which masks, threshold and scale."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import TypeAdapter, ValidationError

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.fixed_point import FixedPoint
from glsmed.shared.secure_aggregation.key_agreement import derived_key, public_key_of, shared_key
from glsmed.shared.secure_aggregation.masks import Mask
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys, Subject, seed_digest

_KEY_LISTS = TypeAdapter(tuple[SignedKeys, ...])


@dataclass(frozen=True, slots=True)
class Exchange:
    """The keys of all sites of one round, each signed by its site; in the order of the sites' names."""

    keys: tuple[SignedKeys, ...]

    @classmethod
    def of(cls, keys: Sequence[SignedKeys], roster: Roster, subject: Subject) -> Self:
        """The exchange of these keys.

        Raises:
            WireError: they are of fewer than three different sites; or the keys of a site are about another sum, not
                signed by it, or those of another site.
        """
        sites = [one.site for one in keys]
        if len(set(sites)) != len(sites) or len(sites) < FEWEST_SITES:
            raise WireError(f"a sum needs the keys of at least {FEWEST_SITES} different sites, got {len(set(sites))}")
        for one in keys:
            cls.require_own(one, roster, subject)
        for kind in ("mask_key", "box_key", "own_mask"):
            if len({getattr(one, kind) for one in keys}) != len(keys):
                raise WireError(f"two sites have the same {kind}")
        return cls(tuple(sorted(keys, key=lambda one: one.site)))

    @staticmethod
    def require_own(keys: SignedKeys, roster: Roster, subject: Subject) -> None:
        """Raise unless a site of the roster signed these keys for this sum.

        Raises:
            WireError: see :meth:`of`.
        """
        if keys.subject != subject:
            raise WireError(f"the keys of {keys.site} are of another study, round, model or roster")
        if keys.site not in roster.sites:
            raise WireError(f"{keys.site} is not on the roster")
        keys.require_signature(roster.sites[keys.site])

    @classmethod
    def from_json(cls, text: str, roster: Roster, subject: Subject) -> Self:
        """The exchange that :meth:`to_json` wrote, checked as in :meth:`of`.

        Raises:
            WireError: as there, or the text is no list of keys.
        """
        try:
            keys = _KEY_LISTS.validate_json(text)
        except ValidationError as error:
            raise WireError(f"not a list of signed keys: {error.error_count()} fault(s)") from None
        return cls.of(keys, roster, subject)

    def to_json(self) -> str:
        """All keys."""
        return _KEY_LISTS.dump_json(self.keys).decode()

    @property
    def sites(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(one.site for one in self.keys)

    @property
    def threshold(self) -> int:
        """How many shares give a secret: more than two thirds of the sites, and at least three.

        A site answers once, and gives one kind of share of each other site. So the centre would need twice as many
        answers as there are thresholds to have both kinds, which would lay an update open.
        """
        return max(FEWEST_SITES, 2 * len(self.keys) // 3 + 1)

    @property
    def context(self) -> bytes:
        """SHA-256 of all keys; what is derived in one exchange is of no use in another."""
        return hashlib.sha256(self.to_json().encode()).digest()

    def fixed_point(self, norm: float) -> FixedPoint:
        """How changes become whole numbers in this round."""
        return FixedPoint(len(self.keys), max(one.weight_bits for one in self.keys), norm)

    def of_site(self, site: str) -> SignedKeys:
        """The keys of a site.

        Raises:
            WireError: it takes no part.
        """
        for one in self.keys:
            if one.site == site:
                return one
        raise WireError(f"{site[:80]!r} takes no part in this sum")

    def place(self, site: str) -> int:
        """The place of a site's shares, from 1 on."""
        return self.sites.index(site) + 1

    def adding_to(self, item: int, sites: Sequence[str]) -> tuple[str, ...]:
        """Those of these sites that add patients to the counts of a finding, given by its place."""
        return tuple(one.site for one in self.keys if item in one.adds_to and one.site in sites)

    @property
    def counted_items(self) -> tuple[int, ...]:
        """Places of the findings whose counts are in the sum: at least three sites add to them.

        Of fewer the sum would tell almost what one of them has; then all add zeros.
        """
        named = sorted({item for one in self.keys for item in one.adds_to})
        return tuple(item for item in named if len(self.adding_to(item, self.sites)) >= FEWEST_SITES)

    @property
    def min_patients(self) -> int:
        """The most that a site's policy asks for of those that add to counts."""
        return max(one.min_patients for one in self.keys)

    def survivors(self, sites: Sequence[str]) -> tuple[str, ...]:
        """These sites in order, if their sum may be seen.

        Raises:
            WireError: they are fewer than three or than the threshold, one is there twice or takes no part; or the
                counts of a finding would be of fewer than three sites.
        """
        if len(set(sites)) != len(sites) or not set(sites) <= set(self.sites):
            raise WireError("the sites of a sum are each named once, and all gave keys")
        if len(sites) < self.threshold:
            raise WireError(f"a sum of these {len(self.keys)} sites needs at least {self.threshold}, got {len(sites)}")
        for item in self.counted_items:
            adding = len(self.adding_to(item, sites))
            if adding < FEWEST_SITES:
                raise WireError(
                    f"counts of finding {item + 1} need at least {FEWEST_SITES} sites, got {adding}: one dropped out"
                )
        return tuple(sorted(sites))

    def own_mask(self, seed: bytes, *, is_added: bool) -> Mask:
        """The mask that a site has for itself."""
        return Mask(derived_key(seed, purpose="own mask", context=self.context), is_added)

    def pair_masks(self, site: str, private: bytes, others: Sequence[str]) -> Iterator[Mask]:
        """The masks that a site has in common with others: the one adds what the other takes away.

        Args:
            site: whose masks these are.
            private: its mask key.
            others: names of other sites.
        """
        for other in others:
            public, purpose = bytes.fromhex(self.of_site(other).mask_key), f"mask {min(site, other)} {max(site, other)}"
            yield Mask(shared_key(private, public, purpose=purpose, context=self.context), site < other)

    def box_key(self, private: bytes, *, sender: str, receiver: str, peer: str) -> bytes:
        """The key of the box that one site sends another; ``peer`` is whichever of them does not hold ``private``."""
        public = bytes.fromhex(self.of_site(peer).box_key)
        return shared_key(private, public, purpose=f"box {sender} {receiver}", context=self.context)

    def require_mask_key(self, site: str, private: bytes) -> None:
        """Raise unless shares gave the private half of the mask key of a site.

        Raises:
            WireError: they did not.
        """
        if public_key_of(private).hex() != self.of_site(site).mask_key:
            raise WireError(f"the shares of the mask key of {site} do not fit: a site gave a wrong one")

    def require_own_seed(self, site: str, seed: bytes) -> None:
        """Raise unless shares gave the seed of the own mask of a site.

        Raises:
            WireError: they did not.
        """
        if seed_digest(seed) != self.of_site(site).own_mask:
            raise WireError(f"the shares of the own mask of {site} do not fit: a site gave a wrong one")
