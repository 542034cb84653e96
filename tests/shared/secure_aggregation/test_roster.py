from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError, DataError
from glsmed.shared.files.documents import load
from glsmed.shared.protocol.enrolment import fingerprint
from glsmed.shared.secure_aggregation.roster import Roster, load_roster
from tests.masked_sites import roster_of


def test_a_roster_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(roster_of().to_yaml(), encoding="utf-8")
    again = load_roster(file, study="doubt")
    assert again == roster_of()
    assert again.digest() == roster_of().digest()


def test_the_order_of_sites_makes_no_difference() -> None:
    names = ("ash", "birch", "cedar")
    assert roster_of(names).digest() == roster_of(names[::-1]).digest()
    assert list(roster_of(names[::-1]).fingerprints()) == list(names)


def test_the_fingerprints_are_those_that_enroll_prints() -> None:
    roster = roster_of(("ash",))
    assert roster.fingerprints() == {"ash": fingerprint(roster.sites["ash"])}


def test_another_key_or_site_is_another_roster() -> None:
    one = roster_of(("ash", "birch", "cedar"))
    swapped = {**one.sites, "cedar": roster_of(("dogwood",)).sites["dogwood"]}
    digests = {one.digest(), roster_of(("ash", "birch")).digest(), Roster(study="doubt", sites=swapped).digest()}
    assert len(digests) == 3


def test_the_roster_of_another_study_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(roster_of().to_yaml(), encoding="utf-8")
    with pytest.raises(DataError, match="of the study 'doubt', expected 'certain'"):
        load_roster(file, study="certain")


@pytest.mark.parametrize(
    ("cedar", "fault"),
    [
        ("twice", "has the same key as ash"),
        ("comment", "expected the two words of a key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "elliptic-curve key"),
        ("nonsense", "not an OpenSSH public key"),
    ],
)
def test_every_site_has_a_key_of_its_own(tmp_path: Path, cedar: str, fault: str) -> None:
    ash = roster_of(("ash",)).sites["ash"]
    key = {"twice": ash, "comment": f"{ash} cedar"}.get(cedar, cedar)
    file = tmp_path / "roster.yaml"
    file.write_text(f"study: doubt\nsites:\n  ash: {ash}\n  cedar: {key}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=fault):
        load(file, Roster)
