import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from glsmed.client.data.images import read_image
from glsmed.client.evaluation.shipped_model import load_shipped_model

Typed = Callable[..., Any]


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "onnxscript"])
def test_without_the_extra_it_says_what_to_install(
    typed: Typed, site_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    done = typed("--site", site_file, "export", "--onnx", tmp_path / "out" / "model.onnx")
    assert (done.code, done.err) == (2, f"error: {missing} is not installed: pip install 'glsmed[export]'\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "expected the name of a file to write, got a folder"),
        ("model.json", "another file of this command is to have this name"),
        ("study.yaml", "the command reads it"),
    ],
)
def test_a_place_where_it_cannot_go_is_said_before_the_work(
    typed: Typed, site_file: Path, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = typed("--site", site_file, "export", "--onnx", tmp_path / name)
    assert done.code == 2
    assert said in done.err


def test_the_exported_graph_says_what_the_site_says(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    done = typed("--site", site_file, "export", "--onnx", path)
    assert (done.code, done.err) == (0, "")
    shipped = load_shipped_model(site_file.parent / "state" / "models" / "shipped")
    assert bool(shipped.offset.any())
    assert shipped.output_calibration.curves
    files = sorted((hospital_data / "images").iterdir())[:5]
    images = np.stack([read_image(file, size_px=shipped.image_size_px) for file in files])[:, None]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (said,) = session.run(None, {"images": images})
    assert np.abs(said - shipped.probabilities(torch.from_numpy(images)).numpy()).max() < 1e-4
    sheet = json.loads((tmp_path / "model.json").read_text())
    assert (sheet["of"], sheet["weights_sha256"]) == ("site", shipped.weights_sha256)
    assert set(sheet["alert_from"]) == {name for name, operation in shipped.operation.items() if operation.points}
