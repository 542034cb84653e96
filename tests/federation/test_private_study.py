"""A private study whose budget lasts for some of its rounds: it ends in order, with its model, test and record."""

import json
from pathlib import Path

import pytest

from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import Study

from .small_hospitals import TinyNetwork, small_hospital

SITES = ("a", "b", "c")
NOISE, STEPS, LASTS = 2.0, 5, 2


def _study(max_epsilon: float) -> Study:
    privacy = {"noise_multiplier": NOISE, "max_epsilon": max_epsilon}
    return Study.model_validate(
        {
            "study": "doubt",
            "findings": ["effusion"],
            "model": {"architecture": "resnet10", "image_size_px": 32},
            "training": {
                "rounds": 4,
                "steps_per_round": STEPS,
                "batch_size": 4,
                "site_offset": False,
                "privacy": privacy,
            },
            "federation": {"quorum": 2},
        }
    )


def test_a_study_whose_budget_ends_before_its_rounds_has_a_model_a_test_and_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    study, folder = _study(20.0), RunFolder(tmp_path / "run")
    (tmp_path / "asked").mkdir()
    first = {
        name: small_hospital(tmp_path / name, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed)
        for seed, name in enumerate(SITES)
    }
    rates = [min(1.0, 4 / len(set(site.splits["train"].patients))) for site in first.values()]
    cost = [epsilon([PrivateSteps(NOISE, max(rates), STEPS * rounds)], delta=1e-5) for rounds in (LASTS, LASTS + 1)]
    study = _study(sum(cost) / 2)
    sites = {
        name: small_hospital(
            tmp_path / "asked" / name, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed
        )
        for seed, name in enumerate(SITES)
    }
    run_in_process(study, sites, folder)
    summary = folder.summary()
    assert summary is not None
    assert summary["rounds"] == LASTS
    spent = summary["privacy_budget_spent"]
    assert isinstance(spent, list)
    assert len(spent) >= 2
    assert summary["sites"] == {}  # no metric left, so the last round is kept, and each site has its model and card
    assert summary["best_round"] == LASTS
    assert all((tmp_path / "asked" / site / "state/models/shipped/model-card.md").exists() for site in SITES)
    account = json.loads((tmp_path / "asked" / "a" / "state" / "accounts" / "privacy.json").read_text())
    assert account["payments"] == LASTS
