"""Shares of who survived and who did not, and the masks that they take away from the sum."""

import json
from collections.abc import Iterator, Mapping

from glsmed.server.rounds.secure_sum.agreement import Agreement, Asking, by_site
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import UnmaskReply, UnmaskTask, require_same
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.masks import Mask
from glsmed.shared.secure_aggregation.shares import combined_secret

Shares = Mapping[str, Mapping[str, bytes]]  # by who gave them, then by whose secret they are of


def masks_to_remove(asking: Asking, agreement: Agreement, survivors: Mapping[str, int]) -> list[Mask]:
    """What has to be applied to the sum of the survivors' vectors, so that only their updates are left.

    Args:
        asking: asks the sites; who gives no shares is among its failures.
        agreement: of all sites of the sum.
        survivors: node id of each site whose masked update came.

    Raises:
        WireError: fewer sites than the threshold gave shares, or a site gave a wrong one.
    """
    exchange = agreement.exchange
    alive = exchange.survivors(list(survivors))
    shares = asking.answers(
        UnmaskReply,
        survivors,
        lambda site: encode(
            UnmaskTask(
                study_digest=asking.subject.study_digest,
                round=asking.subject.round,
                survivors=json.dumps(alive),
                boxes=agreement.boxes_for(site),
            )
        ),
        lambda _site, text: _shares_in(text, exchange),
    )
    if len(shares) < exchange.threshold:
        raise WireError(f"{len(shares)} of the {exchange.threshold} sites that it needs gave shares to see the sum")
    return list(_masks(exchange, alive, shares))


def _shares_in(text: str, exchange: Exchange) -> dict[str, bytes]:
    texts = by_site(text)
    require_same("site", expected=sorted(exchange.sites), got=sorted(texts))
    try:
        return {site: bytes.fromhex(share) for site, share in texts.items()}
    except ValueError:
        raise WireError("a share is not hexadecimal") from None


def _masks(exchange: Exchange, alive: tuple[str, ...], shares: Shares) -> Iterator[Mask]:
    for site in exchange.sites:
        secret = combined_secret({exchange.place(giver): given[site] for giver, given in shares.items()})
        if site in alive:
            exchange.require_own_seed(site, secret)
            yield exchange.own_mask(secret, is_added=False)
        else:
            exchange.require_mask_key(site, secret)
            yield from exchange.pair_masks(site, secret, alive)  # the same as theirs with the other sign
