import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.benchmarks.commands.build import build
from glsmed.client.data.manifest import read_manifest
from glsmed.shared.errors import UsageError

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "dataset.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "data"
    build(folder, pixels="drawn", scenario="boilerplate", studies=12, seed=4)
    return folder


def cells(dataset: Path, hospital: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (dataset / hospital / "uncertainty.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("hospital", ["st-mary", "sakura", "san-lucas"])
def test_a_site_can_read_what_was_written(dataset: Path, hospital: str) -> None:
    manifest = read_manifest(dataset / hospital / "manifest.csv")
    assert len(manifest.images) == 12
    assert np.asarray(Image.open(manifest.images[0].image)).shape == (28, 28)


def test_truth_agrees_with_gold(dataset: Path) -> None:
    with (dataset / "sakura" / "gold.csv").open(encoding="utf-8") as source:
        gold = {(row["study_id"], row["finding"]): int(row["value"]) for row in csv.DictReader(source)}
    assert {(cell["study_id"], cell["finding"]): cell["truth"] for cell in cells(dataset, "sakura")} == gold


def test_evidence_points_at_the_cue_in_the_written_report(dataset: Path) -> None:
    doubted = [cell for cell in cells(dataset, "st-mary") if cell["phrasing"] == "cannot_exclude"]
    assert doubted
    for cell in doubted:
        report = (dataset / "st-mary" / "reports" / f"{cell['study_id']}.txt").read_text("utf-8")
        evidence = cell["evidence"]
        assert isinstance(evidence, list)
        spans = {span["role"]: report[span["start"] : span["end"]] for span in evidence}
        assert "exclude" in spans["cue"]
        assert cell["state"] == "uncertain"


def test_description_holds_the_scenario(dataset: Path) -> None:
    content = json.loads((dataset / "dataset.json").read_text("utf-8"))
    assert content["world"]["boilerplate"] == 0.3
    assert content["hospitals"]["sakura"] == {"adapter": "ja_radiology", "studies": 12}


def test_every_key_is_documented(dataset: Path) -> None:
    keys = {key for cell in cells(dataset, "san-lucas") for key in cell}
    assert [key for key in keys if f"`{key}`" not in DOCUMENT] == []


def test_an_existing_folder_is_left_alone(dataset: Path) -> None:
    before = (dataset / "dataset.json").read_text()
    with pytest.raises(UsageError, match="exists already"):
        build(dataset, pixels="drawn", scenario="alike", studies=2, seed=0)
    assert (dataset / "dataset.json").read_text() == before


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        build(tmp_path / "data", pixels="nowhere", scenario="alike", studies=2, seed=0)
    assert list(tmp_path.iterdir()) == []
