from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.federation.built_federation import RunSettings, hospital_at, study_of
from glsmed.benchmarks.real_data.dataset_folder import adapter_at
from glsmed.benchmarks.real_data.doubt_policies import POLICIES, doubted_in_test, under_policy
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.resident.preparation import by_split
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.settings.config import SplitSection

FINDING = "malignancy"
HEADER = "study_id,finding,value\n"


@pytest.fixture(scope="module")
def site(drawn_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> SiteRuntime:
    """A drawn hospital that has gold of one training examination, which its report doubts."""
    settings = RunSettings(architecture="resnet10_x0_25")
    study, adapters = study_of(drawn_dataset, settings)
    name, adapter = next(iter(adapters.items()))
    path = str(Path(adapter_at(drawn_dataset, adapter)).resolve())
    folder = tmp_path_factory.mktemp("hospitals")

    def load(known: str) -> SiteRuntime:
        return hospital_at(
            folder / known,
            drawn_dataset / name,
            study,
            path,
            gold=f"{HEADER}{known},{FINDING},0\n",
            settings=settings,
            split=SplitSection(),
        )

    states = _states(load("s0"), "train")
    return load(next(study_id for study_id, state in states.items() if state == "uncertain"))


def _states(site: SiteRuntime, split: str) -> Mapping[str, str]:
    state = {row.study_id: row.state for row in label_rows(site.inputs)}
    entries = by_split(site.inputs.manifest, site.config.data.split)
    return {entry.study_id: state[entry.study_id] for name, part in entries.items() if name == split for entry in part}


def _rows_where(site: SiteRuntime, state: str) -> torch.Tensor:
    """Training images in this state, without those that have gold."""
    entries = by_split(site.inputs.manifest, site.config.data.split)["train"]
    states = _states(site, "train")
    return torch.tensor([states[one.study_id] == state for one in entries]) & torch.isnan(
        site.splits["train"].gold[:, 0]
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_doubt_is_made_plain_and_plain_statements_stay(site: SiteRuntime, policy: str) -> None:
    doubted = _rows_where(site, "uncertain")
    before, after = site.splits["train"], under_policy(site, policy).splits["train"]
    assert 0 < int(doubted.sum()) < len(doubted)
    assert bool(((before.targets > 0.01) & (before.targets < 0.9))[doubted].all())  # as in every study
    label = POLICIES[policy]
    if label is None:
        assert bool((after.weights[doubted] == 0).all())
    else:
        assert bool((after.targets[doubted] == label).all())
        assert bool((after.weights[doubted] == 1).all())
    for state, value in (("present", 1.0), ("absent", 0.0)):
        rows = _rows_where(site, state)
        assert bool((after.targets[rows] == value).all())
        assert bool((after.weights[rows] == 1).all())


def test_gold_counts_whatever_the_policy_makes_of_the_report(site: SiteRuntime) -> None:
    known = ~torch.isnan(site.splits["train"].gold)
    assert int(known.sum()) >= 1
    for policy in POLICIES:
        after = under_policy(site, policy).splits["train"]
        assert torch.equal(after.targets[known], site.splits["train"].gold[known])
        assert bool((after.weights[known] == 1).all())


def test_base_rates_and_validation_follow_the_policy(site: SiteRuntime) -> None:
    ones, zeros = (under_policy(site, policy).splits for policy in ("u-ones", "u-zeros"))
    offsets = [splits["train"].offsets for splits in (ones, site.splits, zeros)]
    first = [float(one[0, 0]) for one in offsets if one is not None]
    assert first == sorted(first, reverse=True)
    assert len(set(first)) == len(offsets)
    assert set(ones["validation"].targets.flatten().tolist()) <= {0.0, 1.0}
    assert torch.equal(ones["train"].images, site.splits["train"].images)


def test_doubted_cells_of_the_test_are_those_that_reports_doubt(site: SiteRuntime) -> None:
    entries = by_split(site.inputs.manifest, site.config.data.split)["test"]
    states = _states(site, "test")
    assert doubted_in_test(site)[:, 0].tolist() == [states[one.study_id] == "uncertain" for one in entries]
