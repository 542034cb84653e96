import json
from dataclasses import replace
from pathlib import Path

import pytest

from glsmed.client.data.manifest import ImageEntry, Manifest
from glsmed.client.data.site_inputs import SiteInputs
from glsmed.client.data.splits import split_of
from glsmed.client.labels.shared_calibration import (
    shareable_cues,
    site_calibration,
    site_cue_counts,
    store_prior,
)
from glsmed.client.settings.config import CentreAddress, DataSection, EgressSection, SiteConfig, SplitSection
from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior
from glsmed.shared.protocol.study import LabelSection, Study
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

STUDY = Study(study="doubt", findings=("effusion",), labels=LabelSection(shared_calibration=True))
PRIOR = SharedPrior(cues={"en/possible": SharedBelief(mean=0.9, strength=50, sites=3, trials=300)}, families={})
POSSIBLE = "Possible pleural effusion."


def learning_patients(site: SiteInputs) -> int:
    split = site.config.data.split
    return sum(split_of(patient, split) != "test" for patient in site.manifest.patients.values())


@pytest.fixture
def site(tmp_path: Path, reader: Reader) -> SiteInputs:
    """Sixty patients whose reports all say the same; the finding was there in two of three."""
    config = SiteConfig(
        site="st-mary",
        centre=CentreAddress(address="localhost:1"),
        data=DataSection(manifest=tmp_path / "m.csv", adapter="en_radiology", split=SplitSection()),
        state_folder=tmp_path,
        egress=EgressSection(cue_counts=True, min_patients=10),
    )
    images = tuple(ImageEntry(f"s{n}", f"p{n}", tmp_path / f"{n}.png") for n in range(60))
    reports = {f"s{n}": POSSIBLE for n in range(60)}
    gold = {(f"s{n}", "effusion"): int(n % 3 > 0) for n in range(60)}
    return SiteInputs(config, STUDY, Manifest(images, reports), gold, reader)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_adapter("en_radiology"))


def _counts(site: SiteInputs) -> list[dict[str, object]]:
    return list(json.loads(site_cue_counts(site).counts))


def test_counts_hold_every_patient_but_those_of_the_test_split(site: SiteInputs) -> None:
    (count,) = _counts(site)
    assert count["cue"] == "en/possible"
    assert count["trials"] == learning_patients(site) < 60
    assert site_cue_counts(site).patients == {"en/possible": learning_patients(site)}
    tested = [key for key in site.gold if split_of(site.manifest.patients[key[0]], site.config.data.split) == "test"]
    assert count["successes"] == 40 - sum(site.gold[key] for key in tested)


def test_counts_over_too_few_patients_stay(site: SiteInputs) -> None:
    one_patient = tuple(ImageEntry(entry.study_id, "p0", entry.image) for entry in site.manifest.images)
    assert _counts(replace(site, manifest=Manifest(one_patient, site.manifest.reports))) == []


def test_only_names_of_the_built_in_vocabulary_are_shared(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "adapter: own\nextends: en_radiology\ncues:\n"
        "  - {id: dr_smith, phrases: [perhaps so], kind: uncertainty, certainty: 0.4, scope: forward}\n"
    )
    names = shareable_cues(load_adapter(str(own)))
    assert "en/possible" in names
    assert "en/dr_smith" not in names


def test_the_shared_prior_and_the_sites_own_gold_make_its_calibration(site: SiteInputs) -> None:
    store_prior(site, PRIOR)
    calibration = site_calibration(site)
    without_gold = site_calibration(replace(site, gold={}))
    assert calibration is not None
    assert without_gold is not None
    cell = site.reader.read(POSSIBLE).cells["effusion"]
    assert without_gold(cell)[0] == pytest.approx(0.9, abs=0.02)
    assert 2 / 3 - 0.02 < calibration(cell)[0] < 0.9


def test_without_a_prior_or_the_setting_the_words_keep_their_own_probability(site: SiteInputs) -> None:
    assert site_calibration(site) is None
    off = replace(site, study=Study(study="doubt", findings=("effusion",)))
    store_prior(off, PRIOR)
    assert site_calibration(off) is None


def test_the_prior_of_another_study_is_not_taken(site: SiteInputs) -> None:
    store_prior(replace(site, study=STUDY.model_copy(update={"study": "other"})), PRIOR)
    assert site_calibration(site) is None
