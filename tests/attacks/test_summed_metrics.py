"""A centre that wants one hospital's metrics where only sums leave: what it tries, and what each site refuses.

Each attack stands beside its positive control: the same with the one defence taken away.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.egress.masking.site_masking import SiteMasking
from glsmed.shared.errors import SecureAggregationError
from glsmed.shared.protocol.messages import KeysTask, SharesTask, UnmaskTask
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.shares import combined_secret
from glsmed.shared.secure_aggregation.signed_keys import About, Adding, SignedKeys
from tests.masked_sites import MODEL, NAMES, layout_of, masking_of, roster_of, subject_of

FINDINGS, SIZE = 40, 4  # so many that the bytes of one site's counts can be looked at
STUDY = Study.model_validate(
    {
        "study": "doubt",
        "findings": [f"finding_{number}" for number in range(FINDINGS)],
        "federation": {"secure_aggregation": "on", "summed_metrics": True},
    }
)
COUNTS, CHANGE = Counts(cells=256, patients=100), np.zeros(SIZE, np.float32)
FORM = MaskedForm.of_updates(STUDY, layout_of(SIZE))
ALONE = MaskedForm.of_evaluations(STUDY)
FOUR = NAMES[:4]
ALL_FINDINGS = Adding(adds_to=tuple(range(FINDINGS)), min_patients=10)
MOST_CHI_SQUARE = 255 + 7 * 22.6


def scores_of(names: Sequence[str]) -> dict[str, Ring]:
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 9, FORM.scores_shape, dtype=np.uint32) for name in names}


class HostileCentre:
    """Asks sites for sums of counts as it likes, and keeps all that they say."""

    def __init__(self, root: Path, adding: Mapping[str, Adding] | None = None) -> None:
        self.roster, self.scores = roster_of(FOUR), scores_of(FOUR)
        self.sites: dict[str, SiteMasking] = {
            site: masking_of(site, root, study=STUDY, roster=self.roster, size=SIZE) for site in FOUR
        }
        self.adding = dict.fromkeys(FOUR, ALL_FINDINGS) if adding is None else adding

    def keys(self, about: About, *, number: int = 1, sites: Sequence[str] = FOUR) -> Exchange:
        subject = subject_of(STUDY, self.roster, round_number=number).model_copy(update={"about": about})
        task = KeysTask(**subject.model_dump())
        texts = [self.sites[site].new_keys(task, COUNTS, self.adding.get(site, Adding())) for site in sites]
        return Exchange(tuple(SignedKeys.model_validate_json(text) for text in texts))

    def vectors(self, exchange: Exchange) -> dict[str, Ring]:
        """What each site sends, after they shared their secrets."""
        about, number = exchange.keys[0].subject.about, exchange.keys[0].subject.round
        task = SharesTask(study_digest=STUDY.digest(), round=number, keys=exchange.to_json())
        boxes = {site: json.loads(self.sites[site].shared_out(task)) for site in exchange.sites}
        self.boxes = {site: json.dumps({sender: own[site] for sender, own in boxes.items()}) for site in exchange.sites}
        if about in ("validation", "test"):
            return {site: self.sites[site].masked_scores(self.scores[site]) for site in exchange.sites}
        return {site: self.sites[site].masked(CHANGE, COUNTS, self.scores[site]) for site in exchange.sites}

    def sum_of(self, exchange: Exchange, vectors: Mapping[str, Ring], alive: Sequence[str]) -> Ring:
        """The counts of ``alive`` together, unmasked as the protocol has it."""
        number, total = exchange.keys[0].subject.round, added(vectors[site] for site in alive)
        given: dict[int, dict[str, str]] = {}
        for site in alive:
            task = UnmaskTask(
                study_digest=STUDY.digest(), round=number, survivors=json.dumps(alive), boxes=self.boxes[site]
            )
            given[exchange.place(site)] = json.loads(self.sites[site].shares_for(task))
        for site in exchange.sites:
            secret = combined_secret({place: bytes.fromhex(shares[site]) for place, shares in given.items()})
            masks = [exchange.own_mask(secret, is_added=False)]
            apply_masks(total, masks if site in alive else exchange.pair_masks(site, secret, alive))
        form = ALONE if total.size == ALONE.size else FORM
        return form.scores(total)


def added(vectors: Iterable[Ring]) -> Ring:
    first, *others = vectors
    total = first.copy()
    for vector in others:
        total += vector
    return total


def chi_square_of_bytes(vector: Ring) -> float:
    found = np.bincount(vector.view(np.uint8).ravel(), minlength=256)
    expected = vector.nbytes / 256
    return float(((found - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("about", ["validated update", "validation", "test"])
def test_the_counts_of_one_hospital_look_uniform_and_the_sum_is_exact(tmp_path: Path, about: About) -> None:
    centre = HostileCentre(tmp_path)
    exchange = centre.keys(about)
    vectors = centre.vectors(exchange)
    for vector in vectors.values():
        assert chi_square_of_bytes(vector[-FINDINGS * 96 :].copy()) < MOST_CHI_SQUARE
    assert (centre.sum_of(exchange, vectors, FOUR) == added(centre.scores.values())).all()


def test_control_without_masks_the_counts_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glsmed.client.egress.masking.site_masking.apply_masks", lambda *_: None)
    centre = HostileCentre(tmp_path)
    vector = centre.vectors(centre.keys("test"))["ash"]
    assert chi_square_of_bytes(vector) > 10 * MOST_CHI_SQUARE
    assert (ALONE.scores(vector) == centre.scores["ash"]).all()


def test_after_one_of_four_dropped_out_the_sum_is_that_of_the_other_three(tmp_path: Path) -> None:
    centre = HostileCentre(tmp_path)
    exchange = centre.keys("test")
    total = centre.sum_of(exchange, centre.vectors(exchange), FOUR[:3])
    assert (total == added(centre.scores[site] for site in FOUR[:3])).all()


def _difference(centre: HostileCentre, first: About, second: About) -> Ring:
    """What dogwood added, as the difference of two sums about the same model."""
    exchange = centre.keys(first)
    with_it = centre.sum_of(exchange, centre.vectors(exchange), FOUR)
    exchange = centre.keys(second, number=2)
    return with_it - centre.sum_of(exchange, centre.vectors(exchange), FOUR[:3])


PAIRS = [("validated update", "validation"), ("validation", "validated update"), ("test", "test")]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_sums_of_the_same_counts_that_differ_by_one_site_are_refused(
    tmp_path: Path, first: About, second: About
) -> None:
    with pytest.raises(SecureAggregationError, match="would show what differs"):
        _difference(HostileCentre(tmp_path), first, second)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_control_without_the_account_the_difference_is_one_hospital(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: About, second: About
) -> None:
    monkeypatch.setattr(AnsweredSums, "add", lambda *_: None)
    centre = HostileCentre(tmp_path)
    assert (_difference(centre, first, second) == centre.scores["dogwood"]).all()


def _late_difference(centre: HostileCentre) -> Ring:
    """What two sums over the same sites differ by: to the first dogwood, which joined late, adds no counts."""
    totals = []
    asked: list[tuple[About, Adding]] = [("validated update", Adding()), ("validation", ALL_FINDINGS)]
    for number, (about, late) in enumerate(asked, start=1):
        centre.adding = {**centre.adding, "dogwood": late}
        exchange = centre.keys(about, number=number)
        totals.append(centre.sum_of(exchange, centre.vectors(exchange), FOUR))
    difference: Ring = totals[1] - totals[0]
    return difference


def test_a_site_adds_no_counts_to_what_the_centre_has_without_them(tmp_path: Path) -> None:
    assert not _late_difference(HostileCentre(tmp_path)).any()


def test_two_sums_over_the_same_sites_to_which_one_added_once_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others keep who added, where the site itself was never asked for shares."""
    monkeypatch.setattr(AnsweredSums, "counted_without", lambda *_: frozenset())
    with pytest.raises(SecureAggregationError, match="counts of other sites among them would show what differs"):
        _late_difference(HostileCentre(tmp_path))


def test_control_where_nobody_keeps_who_added_the_difference_is_one_hospital(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glsmed.client.egress.masking.site_masking._adders", lambda *_: {})
    centre = HostileCentre(tmp_path)
    assert (_late_difference(centre) == centre.scores["dogwood"]).all()


def _only_ash_adds(root: Path) -> tuple[Ring, Ring]:
    """The sum to which the others add zeros, and what ash has."""
    centre = HostileCentre(root, {"ash": ALL_FINDINGS, "birch": ALL_FINDINGS})
    centre.scores["birch"][:] = 0
    exchange = centre.keys("validated update")
    return centre.sum_of(exchange, centre.vectors(exchange), FOUR), centre.scores["ash"]


def test_a_site_adds_zeros_where_fewer_than_three_add(tmp_path: Path) -> None:
    total, _ = _only_ash_adds(tmp_path)
    assert not total.any()


def test_control_where_two_are_enough_the_sum_is_one_hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glsmed.shared.secure_aggregation.exchange.FEWEST_SITES", 2)
    total, own = _only_ash_adds(tmp_path)
    assert (total == own).all()


def test_a_sum_whose_dropout_leaves_two_that_add_is_not_shown(tmp_path: Path) -> None:
    centre = HostileCentre(tmp_path, dict.fromkeys(FOUR[:3], ALL_FINDINGS))
    exchange = centre.keys("validated update")
    vectors = centre.vectors(exchange)
    with pytest.raises(SecureAggregationError, match="need at least 3 sites, got 2"):
        centre.sum_of(exchange, vectors, FOUR[1:])


def test_a_centre_that_asks_one_site_alone_for_its_validation_gets_nothing(tmp_path: Path) -> None:
    """All sites signed what is in the sum; who is asked for another thing sends none of it."""
    centre = HostileCentre(tmp_path)
    centre.vectors(centre.keys("update"))
    centre.vectors(exchange := centre.keys("validated update", number=2))
    assert {one.subject.about for one in exchange.keys} == {"validated update"}
    with pytest.raises(SecureAggregationError, match="without masks"):
        centre.sites["ash"].require_ready(2, MODEL, "update")


def test_sites_that_were_told_different_things_make_no_sum(tmp_path: Path) -> None:
    centre = HostileCentre(tmp_path)
    keys = (*centre.keys("update", sites=FOUR[:1]).keys, *centre.keys("validated update", sites=FOUR[1:]).keys)
    with pytest.raises(SecureAggregationError, match="another study, round, model or roster"):
        centre.vectors(Exchange(keys))


def _ready_for(about: About, root: Path) -> SiteMasking:
    """A hospital that agreed on a sum of this kind."""
    centre = HostileCentre(root)
    exchange = centre.keys(about)
    centre.sites["ash"].shared_out(SharesTask(study_digest=STUDY.digest(), round=1, keys=exchange.to_json()))
    return centre.sites["ash"]


def test_the_masks_of_one_kind_of_sum_hide_nothing_of_another(tmp_path: Path) -> None:
    with pytest.raises(SecureAggregationError, match="about another thing"):
        _ready_for("test", tmp_path).masked(CHANGE, COUNTS)
    with pytest.raises(SecureAggregationError, match="about another thing"):
        _ready_for("validated update", tmp_path).masked_scores(scores_of(["ash"])["ash"])


def test_a_hospital_that_lies_about_its_counts_moves_the_sum_by_no_more_than_these(tmp_path: Path) -> None:
    centre = HostileCentre(tmp_path)
    honest = added(centre.scores.values())
    centre.scores["dogwood"][0, 0] += 1000
    exchange = centre.keys("validation")
    assert (centre.sum_of(exchange, centre.vectors(exchange), FOUR) - honest).sum() == 1000
