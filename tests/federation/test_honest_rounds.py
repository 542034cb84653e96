"""Honest hospitals of very different size: the bounds on one hospital's update never bind."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds.best_round import choose_round
from glsmed.server.updates.norm_bound import lower_median
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.choice_settings import CompositeSection
from glsmed.shared.protocol.study import Study

from . import small_hospitals
from .small_hospitals import TinyNetwork, small_hospital

ROUNDS = (1, 2, 3)
PATIENTS = {"small": 20, "middle": 60, "large": 80}
SGD: Mapping[str, object] = {"optimizer": "sgd", "learning_rate": 0.1}
PRIVATE = {"site_offset": False, "privacy": {"noise_multiplier": 30.0}}


def _study(training: Mapping[str, object], federation: Mapping[str, object]) -> Study:
    steps = {"rounds": len(ROUNDS), "steps_per_round": 5, "batch_size": 4}
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
        ({}, {"precision": "int8"}),
        ({"local_layers": "head"}, {}),
        (PRIVATE, {}),
        (SGD, {"aggregation": {"rule": "normalized_mean"}}),
        ({**SGD, "momentum": 0, "control_variates": True}, {}),
    ],
    ids=["adamw", "int8", "local layers", "private", "by step", "control variates"],
)
def test_honest_updates_are_alike_and_all_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training: Mapping[str, object], federation: Mapping[str, object]
) -> None:
    study = _study(training, federation)
    folder, _ = _run(study, tmp_path, monkeypatch)
    _check_all_count(study, folder)


def test_the_study_s_own_weights_choose_the_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibration improves until the end; present and absent are told apart from the first round on."""
    own = CompositeSection(false_alerts=0, misses=0)
    study = _study(SGD, {"choose_by": "composite", "composite": own.model_dump()})
    monkeypatch.setattr(small_hospitals, "METRICS", (*small_hospitals.METRICS, "ece", "false_alert_rate", "miss_rate"))
    folder, summary = _run(study, tmp_path, monkeypatch)
    _check_all_count(study, folder)
    rows = [row for row in folder.metrics() if row.split == "validation"]
    error = {number: sum(row.value for row in rows if (row.round, row.metric) == (number, "ece")) for number in ROUNDS}
    assert summary["best_round"] == min(ROUNDS, key=error.__getitem__) > 1
    chosen = summary["chosen_by"]
    assert isinstance(chosen, dict)
    assert chosen["metric"] == "composite"
    others = choose_round(rows, last=3, composite=CompositeSection(calibration=0))
    assert (others.round, others.value) == (1, 0.0)  # the control: other weights choose another round


def _run(study: Study, root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunFolder, Mapping[str, object]]:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    folder = RunFolder(root / "run")
    sites: dict[str, SiteRuntime] = {}
    for seed, (name, patients) in enumerate(PATIENTS.items()):
        monkeypatch.setattr(small_hospitals, "PATIENTS", patients)
        sites[name] = small_hospital(
            root / name, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed
        )
    return folder, run_in_process(study, sites, folder)


def _check_all_count(study: Study, folder: RunFolder) -> None:
    assert [record.not_counted for record in folder.rounds()] == [{}] * len(ROUNDS)
    ratio = study.federation.max_norm_ratio
    assert ratio is not None
    for merged in folder.recorded("merged"):
        norms = merged["norms"]
        assert isinstance(norms, dict)
        assert max(norms.values()) < 0.75 * ratio * lower_median(norms)
        assert merged["share_capped"] == []
    assert not folder.recorded("model_quarantined")
