import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.reporting.checkpoint_export import export_checkpoint
from glsmed.shared.errors import UsageError
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.pixels import to_pixels

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 2}
"""


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    path = tmp_path / "centre" / "study.yaml"
    path.parent.mkdir()
    path.write_text(STUDY)
    folder = StudyFolder(path)
    make_first_model(RunFolder(folder.run), folder.study())
    return path


def test_the_model_of_a_round_is_exported_without_anything_of_a_hospital(study_file: Path, tmp_path: Path) -> None:
    chosen, difference = export_checkpoint(study_file, tmp_path / "model.onnx")
    assert (chosen, difference < 1e-4) == (0, True)
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    (said,) = session.run(None, {"images": images})
    with torch.no_grad():
        expected = initial_model(StudyFolder(study_file).study()).eval()(to_pixels(torch.from_numpy(images))).sigmoid()
    assert np.abs(said - expected.numpy()).max() < 1e-4
    sheet = json.loads((tmp_path / "model.json").read_text())
    assert (sheet["of"], sheet["round"], sheet["alert_from"]) == ("centre", 0, {})


@pytest.mark.parametrize("round_number", [None, 1])
def test_the_best_round_is_taken_and_a_missing_one_is_named(study_file: Path, round_number: int | None) -> None:
    (study_file.parent / "run" / "summary.json").write_text(json.dumps({"best_round": 1}))
    with pytest.raises(UsageError, match="expected a checkpoint of round 1, got those of: 0"):
        export_checkpoint(study_file, study_file.with_name("model.onnx"), round_number=round_number)


def test_a_model_whose_layers_are_the_sites_own_is_refused(study_file: Path) -> None:
    study_file.write_text(STUDY.replace("rounds: 2", "rounds: 2, local_layers: head"))
    with pytest.raises(UsageError, match="the centre has no whole model"):
        export_checkpoint(study_file, study_file.with_name("model.onnx"))


def test_looking_changes_nothing_in_the_run_folder(study_file: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in study_file.parent.rglob("*")}
    with pytest.raises(UsageError):
        export_checkpoint(study_file, study_file.parent / "model.onnx", round_number=7)
    assert {path: path.stat().st_mtime_ns for path in study_file.parent.rglob("*")} == before
