import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime, with_prior
from glsmed.client.settings.config import load_site
from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior
from glsmed.shared.errors import DataError
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.study import load_study

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
labels: {shared_calibration: true, gold_as_labels: false}
training: {rounds: 2, steps_per_round: 2, batch_size: 4}
"""
SURE = SharedBelief(mean=0.97, strength=500, sites=3, trials=3000)
PRIOR = SharedPrior(cues={f"en/{cue}": SURE for cue in ("possible", "may", "suggest", "probable")}, families={})


@pytest.fixture
def site(write_config: Callable[..., Path]) -> SiteRuntime:
    return load_site_runtime(load_site(write_config(study=STUDY)))


def test_the_model_is_the_one_that_every_participant_starts_from(site: SiteRuntime) -> None:
    site.model_manifest.check(state_arrays(site.model))
    assert (site.site, site.study.study, site.device) == ("st-mary", "chest-doubt", torch.device("cpu"))


def test_layers_that_stay_at_the_site_are_no_part_of_what_travels(write_config: Callable[..., Path]) -> None:
    own = load_site_runtime(load_site(write_config(study=STUDY.replace("rounds: 2", "rounds: 2, local_layers: head"))))
    names = [spec.name for spec in own.model_manifest.arrays]
    assert names == [name for name in own.model.state_dict() if not name.startswith("fc.")]
    assert list(own.strategy.shared()) == names


def test_a_shared_prior_changes_targets_without_the_sites_files(
    write_config: Callable[..., Path], drawn_data: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(drawn_data, tmp_path / "data"))
    config = write_config(study=STUDY, manifest=data / "manifest.csv", gold=data / "gold.csv")
    site = load_site_runtime(load_site(config))
    shutil.rmtree(data)
    changed = with_prior(site, PRIOR)
    before, after = site.splits["train"], changed.splits["train"]
    assert not torch.equal(before.targets, after.targets)
    assert after.images.data_ptr() == before.images.data_ptr()
    assert after.patients == before.patients
    torch.testing.assert_close(after.gold, before.gold, equal_nan=True)


def test_a_shared_prior_outlives_the_process(site: SiteRuntime, write_config: Callable[..., Path]) -> None:
    changed = with_prior(site, PRIOR)
    again = load_site_runtime(load_site(write_config(study=STUDY)))
    for name, examples in again.splits.items():
        assert torch.equal(examples.targets, changed.splits[name].targets)


def test_a_damaged_account_of_requests_keeps_the_site_from_starting(write_config: Callable[..., Path]) -> None:
    config = load_site(write_config(study=STUDY))
    study = load_study(config.study)
    config.state.prepare()
    config.state.query_budget(study.digest()).write_text("{")
    with pytest.raises(DataError, match="the account of requests cannot be read"):
        load_site_runtime(config)
