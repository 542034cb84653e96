import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from glsmed.shared.errors import GlsmedError, UsageError
from glsmed.shared.exporting.model_sheet import ModelSheet
from glsmed.shared.exporting.onnx_file import write_onnx
from glsmed.shared.exporting.portable_model import PortableModel

SIDE = 16
SHEET = ModelSheet(
    findings=("effusion", "nodule"),
    image_size_px=SIDE,
    of="centre",
    offset_and_calibration="none",
    study="0" * 64,
    round=3,
    architecture="small",
    weights_sha256="1" * 64,
)


class Unsteady(nn.Module):
    """A network that says something else each time."""

    def forward(self, images: Tensor) -> Tensor:
        return images.float().mean((1, 2, 3))[:, None].repeat(1, 2) * 0 + torch.rand(2)


def _model() -> nn.Module:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 2))
    return PortableModel(network, offset=torch.tensor([0.5, -0.5])).eval()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    assert write_onnx(path, _model(), SHEET) <= 1e-4
    return path


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_number_of_images_gets_the_networks_probabilities(written: Path, count: int) -> None:
    images = np.random.default_rng(count).integers(0, 256, (count, 1, SIDE, SIDE), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    (said,) = session.run(["probabilities"], {"images": images})
    with torch.no_grad():
        expected = _model()(torch.from_numpy(images)).numpy()
    assert said.shape == (count, 2)
    assert np.abs(said - expected).max() < 1e-4


def test_the_file_and_the_sheet_beside_it_say_how_to_use_it(written: Path) -> None:
    sheet = json.loads(written.with_suffix(".json").read_text())
    graph = onnx.load(written)
    words = {entry.key: entry.value for entry in graph.metadata_props}
    assert words["glsmed.findings"] == "['effusion', 'nodule']"
    assert words["glsmed.image_size_px"] == "16"
    assert sheet["findings"] == ["effusion", "nodule"]
    assert "longer side" in " ".join(sheet["preprocessing"])
    assert graph.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_one_file_holds_the_weights_too(written: Path) -> None:
    assert sorted(path.name for path in written.parent.iterdir()) == ["model.json", "model.onnx"]


def test_a_graph_that_says_something_else_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(GlsmedError, match="differ by"):
        write_onnx(tmp_path / "model.onnx", Unsteady(), SHEET)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)  # as if it were not installed
    with pytest.raises(UsageError, match=r"pip install 'glsmed\[export\]'"):
        write_onnx(tmp_path / "model.onnx", _model(), SHEET)
