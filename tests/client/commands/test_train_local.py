import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import load_site
from glsmed.shared.protocol.study import load_study

Typed = Callable[..., Any]


def test_a_site_trains_alone_and_tells_the_result_as_json(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    done = typed("--site", write_config(), "train-local", "--out", tmp_path / "local.json")
    assert done.code == 0
    result = json.loads(done.out)
    assert result == json.loads((tmp_path / "local.json").read_text())
    assert result["site"] == "st-mary"
    assert result["reference"] == "gold"
    assert set(result["by_finding"]) == {"effusion", "cardiomegaly", "nodule", "consolidation", "pneumothorax"}
    assert "round 2/2" in done.err


def test_what_the_best_model_does_on_the_test_split_is_kept_for_a_study_that_compares(
    typed: Typed, write_config: Callable[..., Path]
) -> None:
    config_file = write_config()
    result = json.loads(typed("--site", config_file, "train-local", "--rounds", "1").out)
    config = load_site(config_file)
    study = load_study(config.study)
    kept = LocalRecord(config.state, study).answer(prepare_site(read_site_inputs(config, study)).splits["test"])
    assert kept is not None
    assert kept.reference == result["reference"]
    both = {name: one for name, one in result["by_finding"].items() if 0 < one["positives"] < one["n"]}
    assert both
    for finding, metrics in both.items():
        assert {name: kept.numbers[f"{name}/{finding}"].value for name in metrics} == metrics


def test_data_that_cannot_be_trained_on_is_one_line(
    typed: Typed, write_config: Callable[..., Path], write_manifest: Callable[..., Path]
) -> None:
    done = typed("--site", write_config(manifest=write_manifest("s1,p1,1.png,No effusion.")), "train-local")
    assert done.code == 2
    assert done.err.startswith("error: no patient falls into the split(s)")
    assert len(done.err.splitlines()) == 1


def test_a_site_may_train_longer_and_end_when_it_no_longer_improves(
    typed: Typed, write_config: Callable[..., Path]
) -> None:
    done = typed("--site", write_config(), "train-local", "--rounds", "4", "--patience", "4")
    assert json.loads(done.out)["rounds"] == 4
    assert "round 4/4" in done.err
