from pathlib import Path

import pytest

from glsmed.client.egress.masking.roster_lines import roster_lines
from glsmed.client.settings.config import CentreAddress, DataSection, SiteConfig
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.secure_aggregation.roster import Roster
from tests.masked_sites import roster_of, study_of


@pytest.fixture
def config(tmp_path: Path) -> SiteConfig:
    key = generate_private_key()
    write_bytes(tmp_path / "site.key", key, mode=PRIVATE_FILE)
    own = make_request(key, site="ash", study="doubt", study_digest="ab").public_key
    roster = Roster(study="doubt", sites={**roster_of(("birch", "cedar")).sites, "ash": own})
    (tmp_path / "roster.yaml").write_text(roster.to_yaml(), encoding="utf-8")
    return SiteConfig(
        site="ash",
        centre=CentreAddress(address="localhost:1"),
        data=DataSection(manifest=tmp_path / "manifest.csv", adapter="en_radiology"),
        key=tmp_path / "site.key",
        roster=tmp_path / "roster.yaml",
    )


def test_fingerprints_of_the_others_are_to_be_compared(config: SiteConfig) -> None:
    head, ash, birch, cedar = roster_lines(config, study_of())
    assert head.startswith("masks on")
    assert ash.endswith("this site")
    for line, site in ((birch, "birch"), (cedar, "cedar")):
        assert line.split()[:2] == [site, roster_of().fingerprints()[site]]
        assert line.endswith("compare by telephone")


def test_without_an_approved_roster_the_centre_sees_the_update(config: SiteConfig) -> None:
    (line,) = roster_lines(config.model_copy(update={"roster": None}), study_of())
    assert "the centre sees this site's update" in line


@pytest.mark.parametrize(
    ("federation", "why"),
    [
        ({"secure_aggregation": "off"}, "study.yaml switches secure aggregation off"),
        ({"aggregation": {"rule": "median"}, "quorum": 3}, "it needs federation.aggregation.rule: mean"),
    ],
)
def test_an_approved_roster_that_the_study_does_not_use_is_told(
    config: SiteConfig, federation: dict[str, object], why: str
) -> None:
    (line,) = roster_lines(config, study_of(**federation))
    assert line.startswith("masks none: the centre sees this site's update (")
    assert why in line


def test_a_roster_with_another_key_for_this_site_is_refused(config: SiteConfig, tmp_path: Path) -> None:
    """The centre could else answer in its name."""
    (tmp_path / "roster.yaml").write_text(roster_of(("ash", "birch", "cedar")).to_yaml(), encoding="utf-8")
    with pytest.raises(DataError, match="does not name this site, ash, with its own key"):
        roster_lines(config, study_of())
