"""What a site refuses in secure aggregation; each refusal stands beside the same step as the site takes it."""

import json
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.egress.masking.site_masking import SiteMasking
from glsmed.shared.errors import MismatchError, SecureAggregationError, WireError
from glsmed.shared.protocol.messages import KeysTask, SharesTask, UnmaskTask
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import FixedPoint, Floats, Ring
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.shares import combined_secret
from tests.masked_sites import MODEL, NAMES, keys_of, masking_of, roster_of, study_of, subject_of

SIZE = 50
COUNTS = Counts(cells=200, patients=40)
FOUR = NAMES[:4]
CHANGE = np.linspace(-0.1, 0.1, SIZE, dtype=np.float32)
STUDY = study_of()


class Round:
    """Four sites after their keys, and what the centre would send them."""

    def __init__(self, root: Path, number: int = 1, model: str = MODEL) -> None:
        roster = roster_of(FOUR)
        self.sites: dict[str, SiteMasking] = {
            site: masking_of(site, root, study=STUDY, roster=roster, size=SIZE) for site in FOUR
        }
        self.begin(number, model)

    def begin(self, number: int = 1, model: str = MODEL) -> None:
        self.number = number
        self.subject = subject_of(STUDY, roster_of(FOUR), round_number=number, model=model)
        self.exchange = keys_of(self.sites, self.subject, COUNTS)

    def shares_task(self, keys: str | None = None) -> SharesTask:
        text = self.exchange.to_json() if keys is None else keys
        return SharesTask(study_digest=STUDY.digest(), round=self.number, keys=text)

    def share(self) -> None:
        boxes = {site: json.loads(masking.shared_out(self.shares_task())) for site, masking in self.sites.items()}
        self.boxes = {site: {sender: own[site] for sender, own in boxes.items()} for site in FOUR}

    def train(self) -> None:
        for masking in self.sites.values():
            masking.masked(CHANGE, COUNTS)

    def unmask_task(self, site: str, survivors: tuple[str, ...], boxes: dict[str, str] | None = None) -> UnmaskTask:
        text = json.dumps(self.boxes[site] if boxes is None else boxes)
        return UnmaskTask(study_digest=STUDY.digest(), round=self.number, survivors=json.dumps(survivors), boxes=text)

    def unmask(self, site: str, survivors: tuple[str, ...] = FOUR) -> dict[str, str]:
        shares: dict[str, str] = json.loads(self.sites[site].shares_for(self.unmask_task(site, survivors)))
        return shares


@pytest.fixture
def agreed(tmp_path: Path) -> Round:
    return Round(tmp_path)


@pytest.fixture
def trained(agreed: Round) -> Round:
    agreed.share()
    agreed.train()
    return agreed


def test_a_site_whose_centre_has_another_roster_makes_no_keys(tmp_path: Path) -> None:
    site = masking_of("ash", tmp_path, study=STUDY, roster=roster_of(FOUR), size=SIZE)
    task = KeysTask(study_digest=STUDY.digest(), round=1, model_digest=MODEL, roster_digest=roster_of(NAMES).digest())
    with pytest.raises(MismatchError, match="roster"):
        site.new_keys(task, COUNTS)


def test_keys_tell_the_bits_of_the_weight_alone(agreed: Round) -> None:
    assert agreed.exchange.of_site("ash").weight_bits == 8  # 200 cells are at most 2^8


def test_a_centre_that_puts_its_own_keys_for_a_site_is_refused(agreed: Round, tmp_path: Path) -> None:
    invented = masking_of("birch", tmp_path / "centre", study=STUDY, roster=roster_of(FOUR), size=SIZE)
    forged = keys_of({"birch": invented}, agreed.subject, COUNTS).keys[0].model_copy(update={"signature": "AAAA"})
    others = [one for one in agreed.exchange.keys if one.site != "birch"]
    keys = Exchange((*others, forged)).to_json()
    with pytest.raises(SecureAggregationError, match="birch were not signed with its key"):
        agreed.sites["ash"].shared_out(agreed.shares_task(keys))


def test_two_sites_make_no_sum(agreed: Round) -> None:
    keys = Exchange(agreed.exchange.keys[:2]).to_json()
    with pytest.raises(SecureAggregationError, match="at least 3 different sites, got 2"):
        agreed.sites["ash"].shared_out(agreed.shares_task(keys))


def test_a_list_without_the_sites_own_keys_is_refused(agreed: Round) -> None:
    keys = Exchange(agreed.exchange.keys[1:]).to_json()
    with pytest.raises(SecureAggregationError, match="takes no part"):
        agreed.sites["ash"].shared_out(agreed.shares_task(keys))


def test_old_keys_of_the_site_itself_are_refused(agreed: Round) -> None:
    before = agreed.exchange.to_json()
    agreed.begin()
    with pytest.raises(SecureAggregationError, match="not those that it made"):
        agreed.sites["ash"].shared_out(agreed.shares_task(before))


def test_secrets_are_shared_out_once(agreed: Round) -> None:
    agreed.share()
    with pytest.raises(SecureAggregationError, match="shared out already"):
        agreed.sites["ash"].shared_out(agreed.shares_task())


def test_no_update_goes_before_a_sum_is_agreed_on(agreed: Round) -> None:
    for step in (
        lambda: agreed.sites["ash"].require_ready(1, MODEL),
        lambda: agreed.sites["ash"].masked(CHANGE, COUNTS),
    ):
        with pytest.raises(SecureAggregationError):
            step()
    agreed.share()
    agreed.sites["ash"].require_ready(1, MODEL)


@pytest.mark.parametrize(("number", "model"), [(2, MODEL), (1, "cd" * 32)])
def test_a_sum_is_of_its_round_and_model_alone(agreed: Round, number: int, model: str) -> None:
    agreed.share()
    with pytest.raises(SecureAggregationError, match="without masks"):
        agreed.sites["ash"].require_ready(number, model)


def test_masks_are_used_once(trained: Round) -> None:
    with pytest.raises(SecureAggregationError, match="in it already"):
        trained.sites["ash"].require_ready(1, MODEL)
    with pytest.raises(SecureAggregationError):
        trained.sites["ash"].masked(CHANGE, COUNTS)


def test_more_cells_than_the_keys_said_are_refused(agreed: Round) -> None:
    agreed.share()
    with pytest.raises(WireError, match="expected 1 to 256, got 257"):
        agreed.sites["ash"].masked(CHANGE, Counts(cells=257, patients=40))


def test_a_long_change_is_cut_before_it_is_masked(agreed: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed.share()
    encoded: list[Floats] = []

    def encode(_fixed: FixedPoint, change: Floats, _weight: int) -> Ring:
        encoded.append(change)
        return np.zeros(change.size, np.uint32)

    monkeypatch.setattr(FixedPoint, "encode", encode)
    agreed.sites["ash"].masked(np.full(SIZE, 1e6, np.float32), COUNTS)
    assert np.linalg.norm(encoded[0]) == pytest.approx(100, rel=1e-5)


def test_who_survived_gives_its_own_mask_and_who_did_not_its_mask_key(trained: Round) -> None:
    alive, exchange = ("ash", "birch", "cedar"), trained.exchange
    given = {exchange.place(site): trained.unmask(site, alive) for site in alive}
    secrets = {
        site: combined_secret({place: bytes.fromhex(shares[site]) for place, shares in given.items()}) for site in FOUR
    }
    for site in alive:
        exchange.require_own_seed(site, secrets[site])
    exchange.require_mask_key("dogwood", secrets["dogwood"])


@pytest.mark.parametrize("survivors", [FOUR, ("ash", "birch", "cedar")], ids=["the same", "the others"])
def test_a_site_answers_once(trained: Round, survivors: tuple[str, ...]) -> None:
    """A second answer, about other survivors, would be the other kind of share of dogwood."""
    trained.unmask("ash")
    with pytest.raises(SecureAggregationError, match="no keys for a sum"):
        trained.unmask("ash", survivors)


@pytest.mark.parametrize(
    ("survivors", "why"),
    [
        (("ash", "birch"), "at least 3, got 2"),
        (("ash", "ash", "birch"), "each named once"),
        (("ash", "birch", "elm"), "all gave keys"),
        (("birch", "cedar", "dogwood"), "not in the sum"),
    ],
)
def test_a_sum_that_could_show_one_site_is_refused(trained: Round, survivors: tuple[str, ...], why: str) -> None:
    with pytest.raises(SecureAggregationError, match=why):
        trained.unmask("ash", survivors)
    trained.unmask("ash")


def test_without_an_update_of_its_own_a_site_gives_no_share(agreed: Round) -> None:
    agreed.share()
    with pytest.raises(SecureAggregationError, match="no update in the sum"):
        agreed.unmask("ash")


def test_an_altered_or_missing_box_is_noticed(trained: Round) -> None:
    boxes = trained.boxes["ash"]
    swapped = {**boxes, "birch": boxes["cedar"]}
    missing = {site: box for site, box in boxes.items() if site != "birch"}
    for wrong in (swapped, missing, {**boxes, "birch": "zz"}):
        with pytest.raises(WireError, match="box"):
            trained.sites["ash"].shares_for(trained.unmask_task("ash", FOUR, wrong))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '"ash"'])
def test_survivors_that_are_no_list_of_names_are_refused(trained: Round, text: str) -> None:
    task = UnmaskTask(study_digest=STUDY.digest(), round=1, survivors=text, boxes=json.dumps(trained.boxes["ash"]))
    with pytest.raises((SecureAggregationError, WireError)):
        trained.sites["ash"].shares_for(task)


def test_the_same_round_again_without_one_site_is_refused(trained: Round) -> None:
    """The difference of the two sums would be dogwood's update."""
    for site in FOUR:
        trained.unmask(site)
    trained.begin()
    trained.share()
    trained.train()
    with pytest.raises(SecureAggregationError, match="would show what differs"):
        trained.unmask("ash", ("ash", "birch", "cedar"))
    trained.unmask("ash")  # over the same sites it tells nothing new
