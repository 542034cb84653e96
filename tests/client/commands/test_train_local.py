import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
