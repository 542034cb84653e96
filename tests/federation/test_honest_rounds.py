"""Honest hospitals of very different size: the bounds on one hospital's update never bind."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.updates.norm_bound import lower_median
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.study import Study

from . import small_hospitals
from .small_hospitals import TinyNetwork, small_hospital

PATIENTS = {"small": 20, "middle": 60, "large": 80}
SGD: Mapping[str, object] = {"optimizer": "sgd", "learning_rate": 0.1}
PRIVATE = {"site_offset": False, "privacy": {"noise_multiplier": 30.0}}


def _study(training: Mapping[str, object], federation: Mapping[str, object]) -> Study:
    steps = {"rounds": 3, "steps_per_round": 5, "batch_size": 4}
    return Study.model_validate(
        {
            "study": "doubt",
            "findings": ["effusion"],
            "model": {"architecture": "resnet10", "image_size_px": 32},
            "training": {**steps, **training},
            "federation": {"quorum": 3, **federation},
        }
    )


@pytest.mark.parametrize(
    ("training", "federation"),
    [
        ({}, {}),
        (SGD, {}),
        ({}, {"precision": "int8"}),
        ({"local_layers": "head"}, {}),
        (PRIVATE, {}),
        (SGD, {"aggregation": {"rule": "normalized_mean"}}),
        ({**SGD, "momentum": 0, "control_variates": True}, {}),
    ],
    ids=["adamw", "sgd", "int8", "local layers", "private", "by step", "control variates"],
)
def test_honest_updates_are_alike_and_all_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training: Mapping[str, object], federation: Mapping[str, object]
) -> None:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    study, folder = _study(training, federation), RunFolder(tmp_path / "run")
    sites: dict[str, SiteRuntime] = {}
    for seed, (name, patients) in enumerate(PATIENTS.items()):
        monkeypatch.setattr(small_hospitals, "PATIENTS", patients)
        sites[name] = small_hospital(
            tmp_path / name, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed
        )
    run_in_process(study, sites, folder)
    assert [record.not_counted for record in folder.rounds()] == [{}] * 3
    ratio = study.federation.max_norm_ratio
    assert ratio is not None
    for merged in folder.recorded("merged"):
        norms = merged["norms"]
        assert isinstance(norms, dict)
        assert max(norms.values()) < 0.75 * ratio * lower_median(norms)
        assert merged["share_capped"] == []
    assert not folder.recorded("model_quarantined")
