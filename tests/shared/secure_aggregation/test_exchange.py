import os
from collections.abc import Sequence

import numpy as np
import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.key_agreement import new_private_key
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.roster import Roster
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys, SiteSecrets
from tests.masked_sites import NAMES, identity, roster_of, study_of, subject_of

THREE = NAMES[:3]
SUBJECT = subject_of(study_of(), roster_of())


def secrets() -> SiteSecrets:
    return SiteSecrets(mask_key=new_private_key(), box_key=new_private_key(), own_seed=os.urandom(32))


def keys(site: str, own: SiteSecrets | None = None, *, signer: str = "", weight_bits: int = 5) -> SignedKeys:
    return (own or secrets()).signed(site, SUBJECT, weight_bits=weight_bits, identity=identity(signer or site))


def exchange(sites: Sequence[SignedKeys], roster: Roster | None = None) -> Exchange:
    return Exchange.of(sites, roster or roster_of(), SUBJECT)


def test_the_order_in_which_keys_come_makes_no_difference() -> None:
    all_keys = [keys(site) for site in THREE]
    assert exchange(all_keys) == exchange(all_keys[::-1])
    assert Exchange.from_json(exchange(all_keys).to_json(), roster_of(), SUBJECT) == exchange(all_keys)


def test_fewer_than_three_sites_are_refused() -> None:
    with pytest.raises(WireError, match="at least 3 different sites, got 2"):
        exchange([keys(site) for site in THREE[:2]])


def test_one_site_twice_is_not_three() -> None:
    with pytest.raises(WireError, match="at least 3 different sites, got 2"):
        exchange([keys("ash"), keys("ash"), keys("birch")])


def test_keys_that_the_centre_made_in_the_name_of_a_site_are_refused() -> None:
    with pytest.raises(WireError, match="cedar were not signed with its key on the roster"):
        exchange([keys("ash"), keys("birch"), keys("cedar", signer="invented")])


def test_a_site_that_the_centre_made_up_is_refused() -> None:
    with pytest.raises(WireError, match="invented is not on the roster"):
        exchange([keys("ash"), keys("birch"), keys("invented")])


@pytest.mark.parametrize(
    "other", [{"round": 2}, {"model_digest": "cd" * 32}, {"study_digest": "cd" * 32}, {"roster_digest": "cd" * 32}]
)
def test_keys_of_another_round_model_study_or_roster_are_refused(other: dict[str, object]) -> None:
    """Else the centre could send sites different models, and see the one that changes in the sum."""
    third = secrets().signed("cedar", SUBJECT.model_copy(update=other), weight_bits=5, identity=identity("cedar"))
    with pytest.raises(WireError, match="another study, round, model or roster"):
        exchange([keys("ash"), keys("birch"), third])


def test_a_site_cannot_repeat_the_keys_of_another() -> None:
    own = secrets()
    with pytest.raises(WireError, match="two sites have the same mask_key"):
        exchange([keys("ash", own), keys("birch", own), keys("cedar")])


def test_what_is_no_list_of_keys_is_refused() -> None:
    for text in ("", "{}", '[{"site": "ash"}]'):
        with pytest.raises(WireError, match="not a list of signed keys"):
            Exchange.from_json(text, roster_of(), SUBJECT)


@pytest.mark.parametrize(("sites", "threshold"), [(3, 3), (4, 3), (5, 4), (6, 5)])
def test_the_threshold_is_more_than_two_thirds(sites: int, threshold: int) -> None:
    assert exchange([keys(site) for site in NAMES[:sites]]).threshold == threshold


def test_the_centre_cannot_have_both_kinds_of_share_or_a_sum_of_two() -> None:
    """Every site answers once and tells of each other site one share, and it names at least the threshold survivors.

    For both kinds of one site the centre needs twice the threshold. It takes sites out of the sum with shares of their
    mask keys: each answer gives at most sites - threshold of these, and each site needs the threshold.
    """
    for sites in range(3, 400):
        threshold = max(3, 2 * sites // 3 + 1)
        taken_out = sites * (sites - threshold) // threshold
        assert 2 * threshold > sites
        assert sites - taken_out >= 3


def test_the_scale_suits_the_largest_weight() -> None:
    found = exchange([keys("ash", weight_bits=3), keys("birch", weight_bits=12), keys("cedar")])
    assert found.fixed_point(2.0).weight_bits == 12
    assert found.fixed_point(2.0).sites == 3


def test_pair_masks_cancel_and_own_masks_do_not() -> None:
    own = {site: secrets() for site in THREE}
    agreed = exchange([keys(site, own[site]) for site in THREE])
    total = np.zeros(1000, np.uint32)
    for site in THREE:
        apply_masks(total, agreed.pair_masks(site, own[site].mask_key, [other for other in THREE if other != site]))
    assert not total.any()
    for site in THREE:
        apply_masks(total, [agreed.own_mask(own[site].own_seed, is_added=True)])
    assert total.any()


@pytest.mark.parametrize("survivors", [("ash", "birch"), ("ash", "ash", "birch"), ("ash", "birch", "elm")])
def test_a_sum_of_fewer_or_of_others_is_refused(survivors: tuple[str, ...]) -> None:
    with pytest.raises(WireError, match="sum"):
        exchange([keys(site) for site in NAMES[:4]]).survivors(survivors)


def test_a_secret_that_does_not_fit_the_keys_is_noticed() -> None:
    own = secrets()
    agreed = exchange([keys("ash", own), keys("birch"), keys("cedar")])
    agreed.require_mask_key("ash", own.mask_key)
    agreed.require_own_seed("ash", own.own_seed)
    for check in (agreed.require_mask_key, agreed.require_own_seed):
        with pytest.raises(WireError, match="do not fit: a site gave a wrong one"):
            check("ash", bytes(32))
