import json
from pathlib import Path

import pytest

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.result import as_table, collect, sites_that_gain, write_summary
from glsmed.shared.errors import FederationError


def _numbers(auroc: float) -> dict[str, object]:
    return {"macro": {"auroc": auroc, "auprc": 0.5, "ece": 0.1, "brier": 0.2, "log_loss": 0.6, "n": 50.0}}


@pytest.fixture
def folder(tmp_path: Path) -> DemoFolder:
    made = DemoFolder(tmp_path)
    made.run.mkdir(parents=True)
    run = {"sites": {"a": _numbers(0.9), "b": _numbers(0.7)}, "not_evaluated": {"c": "late"}}
    (made.run / "summary.json").write_text(json.dumps(run))
    return made


def test_the_summary_holds_three_models_a_site(folder: DemoFolder) -> None:
    local = {"a": _numbers(0.8), "b": _numbers(0.75)}
    results = collect(folder, local=local, pooled=local)
    write_summary(folder, results, rounds=5, seconds=12.34)
    summary = json.loads((folder.root / "summary.json").read_text())
    assert (summary["rounds"], summary["seconds"]) == (5, 12.3)
    assert summary["sites"]["a"]["federated"] == {
        "auroc": 0.9,
        "auprc": 0.5,
        "ece": 0.1,
        "brier": 0.2,
        "log_loss": 0.6,
    }
    assert summary["sites"]["a"]["local"]["auroc"] == 0.8
    assert sites_that_gain(results) == ["a"]
    assert as_table(results).splitlines()[1].split() == ["a", "0.900", "0.100", "0.800", "0.100", "0.800", "0.100"]


def test_a_hospital_without_test_metrics_is_named_with_the_reason(folder: DemoFolder) -> None:
    with pytest.raises(FederationError, match="no test metrics of c: late"):
        collect(folder, local={"c": _numbers(0.5)}, pooled={"c": _numbers(0.5)})


def test_a_metric_that_could_not_be_measured_is_no_number(folder: DemoFolder) -> None:
    local = {"a": {"macro": {"ece": 0.1}}}
    with pytest.raises(FederationError, match="local model at a has not all of auroc"):
        collect(folder, local=local, pooled={"a": _numbers(0.5)})
