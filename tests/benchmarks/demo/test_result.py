import json
from dataclasses import replace
from pathlib import Path

import pytest

from glsmed.benchmarks.demo.baselines import Baseline, Effort
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.result import (
    STOPPED_EARLY,
    DemoResult,
    as_table,
    collect,
    effort_table,
    sites_that_gain,
    what_was_equal,
    write_summary,
)
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.study import Study, TrainingSection

STUDY = Study(study="s", findings=("effusion",), training=TrainingSection(rounds=5, steps_per_round=60, batch_size=16))
POOLED = Baseline(Effort(images=9600, steps=600, rounds=5, best_round=4), {"a": {}, "b": {}})


def _numbers(auroc: float) -> dict[str, object]:
    return {"macro": {"auroc": auroc, "auprc": 0.5, "ece": 0.1, "brier": 0.2, "log_loss": 0.6, "n": 50.0}}


def _baseline(rounds: int, **auroc: float) -> Baseline:
    effort = Effort(images=rounds * 960, steps=rounds * 60, rounds=rounds, best_round=rounds - 1)
    return Baseline(effort, {site: _numbers(value) for site, value in auroc.items()})


@pytest.fixture
def folder(tmp_path: Path) -> DemoFolder:
    made = DemoFolder(tmp_path)
    made.run.mkdir(parents=True)
    run = {"rounds": 5, "best_round": 5, "sites": {"a": _numbers(0.9), "b": _numbers(0.7)}}
    (made.run / "summary.json").write_text(json.dumps({**run, "not_evaluated": {"c": "late"}}))
    return made


@pytest.fixture
def result(folder: DemoFolder) -> DemoResult:
    local = {"a": _baseline(8, a=0.8), "b": _baseline(11, b=0.75)}
    return collect(folder, STUDY, local=local, pooled=_baseline(10, a=0.95, b=0.65))


def test_the_summary_holds_three_models_a_site(folder: DemoFolder, result: DemoResult) -> None:
    write_summary(folder, result, seconds=12.34)
    summary = json.loads((folder.root / "summary.json").read_text())
    assert (summary["rounds"], summary["seconds"]) == (5, 12.3)
    federated = {"auroc": 0.9, "auprc": 0.5, "ece": 0.1, "brier": 0.2, "log_loss": 0.6}
    assert summary["sites"]["a"]["federated"] == federated
    assert summary["sites"]["a"]["local"]["auroc"] == 0.8
    assert summary["sites"]["b"]["pooled"]["auroc"] == 0.65


def test_the_summary_says_what_each_training_took(folder: DemoFolder, result: DemoResult) -> None:
    write_summary(folder, result, seconds=1)
    training = json.loads((folder.root / "summary.json").read_text())["training"]
    assert training["federated"] == {"images": 2 * 5 * 60 * 16, "steps": 300, "rounds": 5, "best_round": 5}
    assert training["pooled"]["images"] == training["federated"]["images"]
    assert training["local"]["b"] == {"images": 10560, "steps": 660, "rounds": 11, "best_round": 10}


def test_the_terminal_shows_numbers_and_efforts(result: DemoResult) -> None:
    assert as_table(result).splitlines()[1].split() == ["a", "0.900", "0.100", "0.800", "0.100", "0.950", "0.100"]
    rows = [line.split() for line in effort_table(result).splitlines()[1:]]
    assert rows[0] == ["federated", "9600", "300", "5", "5"]
    assert rows[-1] == ["b", "alone", "10560", "660", "11", "10"]


def test_it_says_where_the_federation_was_stopped_before_it_was_done(result: DemoResult) -> None:
    assert STOPPED_EARLY in what_was_equal(result)
    done = replace(result, federated=replace(result.federated, best_round=4))
    assert STOPPED_EARLY not in what_was_equal(done)


def test_gains_are_counted_over_either_baseline(result: DemoResult) -> None:
    assert sites_that_gain(result, over="local") == ["a"]
    assert sites_that_gain(result, over="pooled") == ["b"]


def test_a_hospital_without_test_metrics_is_named_with_the_reason(folder: DemoFolder) -> None:
    with pytest.raises(FederationError, match="no test metrics of c: late"):
        collect(folder, STUDY, local={"c": _baseline(8, c=0.5)}, pooled=POOLED)


def test_a_metric_that_could_not_be_measured_is_no_number(folder: DemoFolder) -> None:
    local = {"a": Baseline(Effort(1, 1, 1, 1), {"a": {"macro": {"ece": 0.1}}})}
    with pytest.raises(FederationError, match="local model at a lacks one of auroc"):
        collect(folder, STUDY, local=local, pooled=_baseline(5, a=0.5))
