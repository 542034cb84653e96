"""A centre that wants one hospital's update, and has only masked ones: what it tries, and what each site refuses.

Each attack stands beside its positive control: the same with the one defence taken away.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.client.egress.masking import site_masking
from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.egress.masking.site_masking import SiteMasking
from glsmed.shared.errors import SecureAggregationError
from glsmed.shared.protocol.enrolment import public_line
from glsmed.shared.protocol.messages import KeysTask, SharesTask, UnmaskTask
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.roster import Roster
from glsmed.shared.secure_aggregation.shares import combined_secret
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys
from tests.masked_sites import MODEL, NAMES, identity, layout_of, masking_of, roster_of, study_of, subject_of

SIZE = 4000
COUNTS = Counts(cells=256, patients=100)
STUDY = study_of(max_update_norm=8)
NORM = 8.0
FOUR = NAMES[:4]

Changes = Mapping[str, NDArray[np.float32]]


def changes_of(names: Sequence[str], *, seed: int = 0) -> Changes:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.02, SIZE).astype(np.float32) for name in names}


class HostileCentre:
    """Asks sites whatever it likes, and keeps all that they say."""

    def __init__(self, root: Path, changes: Changes, roster: Roster) -> None:
        self.changes, self.roster, self.root = changes, roster, root
        self.sites: dict[str, SiteMasking] = {
            site: masking_of(site, root, study=STUDY, roster=roster, size=SIZE) for site in changes
        }
        self.form = MaskedForm(layout_of(SIZE))

    def keys(self, models: Mapping[str, str] | None = None, *, number: int = 1) -> Exchange:
        """The keys of all sites; each may be told another model."""
        texts = []
        for site, masking in self.sites.items():
            model = (models or {}).get(site, MODEL)
            about = subject_of(STUDY, self.roster, round_number=number, model=model)
            task = KeysTask(
                study_digest=about.study_digest,
                round=number,
                model_digest=model,
                roster_digest=about.roster_digest,
            )
            texts.append(masking.new_keys(task, COUNTS))
        keys = sorted((SignedKeys.model_validate_json(text) for text in texts), key=lambda one: one.site)
        return Exchange(tuple(keys))

    def masked(self, exchange: Exchange) -> dict[str, Ring]:
        """The masked update of each site of the exchange, after they shared their secrets."""
        task = SharesTask(study_digest=STUDY.digest(), round=exchange.keys[0].subject.round, keys=exchange.to_json())
        boxes = {site: json.loads(self.sites[site].shared_out(task)) for site in exchange.sites}
        self.boxes = {site: json.dumps({sender: own[site] for sender, own in boxes.items()}) for site in exchange.sites}
        return {site: self.sites[site].masked(self.changes[site], COUNTS) for site in exchange.sites}

    def shares(self, site: str, survivors: Sequence[str], *, number: int = 1) -> dict[str, bytes]:
        task = UnmaskTask(
            study_digest=STUDY.digest(), round=number, survivors=json.dumps(survivors), boxes=self.boxes[site]
        )
        answer: dict[str, str] = json.loads(self.sites[site].shares_for(task))
        return {of: bytes.fromhex(share) for of, share in answer.items()}

    def sum_of(self, exchange: Exchange, vectors: Mapping[str, Ring], alive: Sequence[str], *, number: int = 1) -> Ring:
        """The sum of the masked updates of ``alive``, unmasked as the protocol has it; floats and counts."""
        given = {exchange.place(site): self.shares(site, alive, number=number) for site in alive}
        total = sum_modulo(vectors[site] for site in alive)
        for site in exchange.sites:
            secret = combined_secret({place: shares[site] for place, shares in given.items()})
            if site in alive:
                apply_masks(total, [exchange.own_mask(secret, is_added=False)])
            else:
                apply_masks(total, exchange.pair_masks(site, secret, alive))
        return total

    def mean(self, exchange: Exchange, total: Ring) -> NDArray[np.float32]:
        floats, counts = self.form.parts(total)
        return exchange.fixed_point(NORM).mean(floats, counts.cells)


def sum_modulo(vectors: Iterable[Ring]) -> Ring:
    total = np.zeros(SIZE + len(Counts._fields), np.uint32)
    for vector in vectors:
        total += vector
    return total


def unmasked(exchange: Exchange, change: NDArray[np.float32]) -> Ring:
    return exchange.fixed_point(NORM).encode(change, COUNTS.cells)


def chi_square_of_bytes(vector: Ring) -> float:
    """Of 256 equally likely bytes: about 255 with deviation 22.6 if the bytes are uniform."""
    found = np.bincount(vector.view(np.uint8), minlength=256)
    expected = vector.nbytes / 256
    return float(((found - expected) ** 2 / expected).sum())


def correlation(vector: Ring, change: NDArray[np.float32]) -> float:
    return float(np.corrcoef(vector.view(np.int32).astype(np.float64), change)[0, 1])


@pytest.fixture
def centre(tmp_path: Path) -> HostileCentre:
    return HostileCentre(tmp_path, changes_of(FOUR), roster_of(FOUR))


MOST_CHI_SQUARE = 255 + 6 * 22.6
MOST_CORRELATION = 6 / SIZE**0.5


def test_a_single_masked_update_looks_uniform_and_tells_nothing_of_the_change(centre: HostileCentre) -> None:
    exchange = centre.keys()
    for site, vector in centre.masked(exchange).items():
        assert chi_square_of_bytes(vector) < MOST_CHI_SQUARE
        assert abs(correlation(vector[:SIZE], centre.changes[site])) < MOST_CORRELATION


def test_control_without_masks_both_tests_fail(centre: HostileCentre) -> None:
    exchange = centre.keys()
    for change in centre.changes.values():
        assert chi_square_of_bytes(unmasked(exchange, change)) > 10 * MOST_CHI_SQUARE
        assert correlation(unmasked(exchange, change), change) > 0.999


def test_the_sum_of_any_three_of_four_masked_updates_looks_uniform_too(centre: HostileCentre) -> None:
    """Without shares the centre can add what it likes: each still has its own mask."""
    vectors = centre.masked(centre.keys())
    for left_out in [*FOUR, None]:
        total = sum_modulo([vector for site, vector in vectors.items() if site != left_out])
        assert chi_square_of_bytes(total) < MOST_CHI_SQUARE


def _model_per_site(centre: HostileCentre) -> Exchange:
    """Three sites get a model that nothing changes; what changes in the sum is the update of ash."""
    return centre.keys({site: "cd" * 32 for site in FOUR if site != "ash"})


def test_sites_with_different_models_make_no_sum(centre: HostileCentre) -> None:
    """Pasquini et al., Eluding secure aggregation in federated learning via model inconsistency, CCS 2022."""
    with pytest.raises(SecureAggregationError, match="another study, round, model or roster"):
        centre.masked(_model_per_site(centre))


def test_control_with_keys_of_any_model_the_centre_reads_one_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Exchange, "require_own", staticmethod(lambda *_: None))
    still = {site: np.zeros(SIZE, np.float32) for site in FOUR[1:]}
    centre = HostileCentre(tmp_path, {"ash": changes_of(FOUR)["ash"], **still}, roster_of(FOUR))
    exchange = _model_per_site(centre)
    mean = centre.mean(exchange, centre.sum_of(exchange, centre.masked(exchange), FOUR))
    np.testing.assert_allclose(len(FOUR) * mean, centre.changes["ash"], atol=1e-6)


def _two_sums(centre: HostileCentre, *, second: int) -> NDArray[np.float32]:
    """What the centre takes for the update of dogwood: the difference of sums with and without it."""
    exchange = centre.keys()
    with_it = centre.mean(exchange, centre.sum_of(exchange, centre.masked(exchange), FOUR))
    exchange = centre.keys(number=second)
    vectors = centre.masked(exchange)
    without_it = centre.mean(exchange, centre.sum_of(exchange, vectors, FOUR[:3], number=second))
    return np.asarray(4 * with_it - 3 * without_it)


@pytest.mark.parametrize("second", [1, 2], ids=["the same round", "the same model in another round"])
def test_two_sums_that_differ_by_one_site_are_refused(centre: HostileCentre, second: int) -> None:
    with pytest.raises(SecureAggregationError, match="would show what differs"):
        _two_sums(centre, second=second)


def test_control_without_the_account_the_difference_is_one_update(
    centre: HostileCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnsweredSums, "add", lambda *_: None)
    np.testing.assert_allclose(_two_sums(centre, second=1), centre.changes["dogwood"], atol=1e-5)


def _both_kinds(centre: HostileCentre) -> NDArray[np.float32]:
    """Ask every site twice, once with dogwood among the survivors; then take all masks off its update."""
    exchange = centre.keys()
    vectors, three = centre.masked(exchange), FOUR[:3]
    own, keys = ({site: centre.shares(site, alive) for site in three} for alive in (FOUR, three))
    seed = combined_secret({exchange.place(site): shares["dogwood"] for site, shares in own.items()})
    private = combined_secret({exchange.place(site): shares["dogwood"] for site, shares in keys.items()})
    vector = vectors["dogwood"].copy()
    apply_masks(vector, [exchange.own_mask(seed, is_added=False)])
    apply_masks(
        vector, [mask._replace(is_added=not mask.is_added) for mask in exchange.pair_masks("dogwood", private, three)]
    )
    return centre.mean(exchange, vector)


def test_nobody_gives_both_kinds_of_share(centre: HostileCentre) -> None:
    with pytest.raises(SecureAggregationError, match="no keys for a sum"):
        _both_kinds(centre)


class _Forgets:
    """A site that gives shares as often as it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = SiteMasking.shares_for

        def again(masking: SiteMasking, task: UnmaskTask) -> str:
            kept = masking._sum
            answer = real(masking, task)
            masking._sum = kept
            return answer

        monkeypatch.setattr(SiteMasking, "shares_for", again)
        monkeypatch.setattr(AnsweredSums, "add", lambda *_: None)


def test_control_from_sites_that_answer_twice_the_centre_reads_one_update(
    centre: HostileCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Forgets(monkeypatch)
    np.testing.assert_allclose(_both_kinds(centre), centre.changes["dogwood"], atol=1e-6)


def _alone_among_made_up_sites(root: Path, roster: Roster) -> NDArray[np.float32]:
    """The centre plays birch and cedar with keys of its own, and knows what these add to the sum."""
    changes = {"ash": changes_of(FOUR)["ash"], **{site: np.zeros(SIZE, np.float32) for site in ("birch", "cedar")}}
    centre = HostileCentre(root, changes, roster)
    for site in ("birch", "cedar"):
        centre.sites[site]._identity = identity(f"made up {site}")
        centre.sites[site]._rules = site_masking.SumRules(roster, NORM)
    exchange = centre.keys()
    mean = centre.mean(exchange, centre.sum_of(exchange, centre.masked(exchange), ("ash", "birch", "cedar")))
    return np.asarray(3 * mean)


def test_a_centre_cannot_play_the_other_sites(tmp_path: Path) -> None:
    with pytest.raises(SecureAggregationError, match="not signed with its key on the roster"):
        _alone_among_made_up_sites(tmp_path, roster_of(("ash", "birch", "cedar")))


def test_control_with_its_keys_on_a_roster_that_nobody_compared_it_reads_the_update(tmp_path: Path) -> None:
    keys = {site: public_line(identity(f"made up {site}").public_key()) for site in ("birch", "cedar")}
    roster = Roster(study="doubt", sites={**keys, "ash": roster_of().sites["ash"]})
    np.testing.assert_allclose(_alone_among_made_up_sites(tmp_path, roster), changes_of(FOUR)["ash"], atol=1e-6)


FEATURES, IMAGES = 512, 264  # of a last layer, and of each hospital


class LastLayer:
    """Hospitals whose update is that of a last layer of zeros: the sum over images of (1/2 - target) times features.

    The centre knows the model, so it knows the features of every image that it knows; the targets it wants.
    """

    def __init__(self, names: Sequence[str]) -> None:
        rng = np.random.default_rng(3)
        self.features = {name: np.abs(rng.normal(0, 1, (IMAGES, FEATURES))) for name in names}
        self.targets = {name: rng.choice([0.0, 0.2, 0.8, 1.0], IMAGES) for name in names}

    def change(self, name: str) -> NDArray[np.float32]:
        steps = (self.targets[name] - 0.5) @ self.features[name] / IMAGES
        return np.resize(0.1 * steps, SIZE).astype(np.float32)

    def read(self, seen: NDArray[np.float32], name: str) -> NDArray[np.float64]:
        """The targets of one hospital's images that explain best what was seen."""
        steps = np.asarray(seen[:FEATURES], np.float64) * IMAGES / 0.1
        found, *_ = np.linalg.lstsq(self.features[name].T, steps, rcond=None)
        return np.asarray(found + 0.5)

    def right(self, seen: NDArray[np.float32], name: str) -> float:
        """The share of the labels of one hospital that the centre reads right."""
        return float(((self.read(seen, name) > 0.5) == (self.targets[name] > 0.5)).mean())

    def guessed(self, name: str) -> float:
        """The same of always saying the commoner label."""
        present = float((self.targets[name] > 0.5).mean())
        return max(present, 1 - present)


def test_targets_of_single_images_are_read_no_better_than_from_the_sum_of_three(tmp_path: Path) -> None:
    layer, names = LastLayer(NAMES[:3]), NAMES[:3]
    changes = {name: layer.change(name) for name in names}
    centre = HostileCentre(tmp_path, changes, roster_of(names))
    exchange = centre.keys()
    vectors = centre.masked(exchange)
    aggregated = 3 * centre.mean(exchange, centre.sum_of(exchange, vectors, names))
    plain_sum = np.sum(list(changes.values()), axis=0)
    for name in names:
        masked = (vectors[name][:SIZE].view(np.int32) / 2.0**24).astype(np.float32)
        right = {"masked": layer.right(masked, name), "sum": layer.right(aggregated, name)}
        from_the_sum = layer.right(plain_sum, name)
        assert right["sum"] == pytest.approx(from_the_sum, abs=0.02)
        assert right["masked"] <= max(from_the_sum, layer.guessed(name)) + 0.05
        assert layer.right(changes[name], name) > 0.99  # the control: from an update without masks
        assert from_the_sum < 0.85
