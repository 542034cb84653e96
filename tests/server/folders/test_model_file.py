from pathlib import Path

import numpy as np
import pytest

from glsmed.server.folders.model_file import ModelFile, write_arrays, write_model
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.model_form import ModelForm
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import Arrays, ModelLayout, packed_digest

MODEL: Arrays = {"n": np.array([3, 4]), "w": np.arange(70_000, dtype=np.float32), "b": np.ones((2, 2), np.float32)}
LAYOUT = ModelLayout(ModelManifest.of_arrays(MODEL))


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return write_arrays(tmp_path / "m.safetensors", MODEL, LAYOUT, {"note": "7"})


def test_the_buffers_in_the_file_are_those_that_travel(model: ModelFile) -> None:
    sent = ModelForm.down(LAYOUT, "fp32").encode(LAYOUT.pack(MODEL))
    assert {name: array.data for name, array in model.packed().items()} == {n: a.data for n, a in sent.items()}
    assert model.digest == packed_digest(model.packed()) == packed_digest(sent)


def test_floats_are_read_in_stretches(model: ModelFile) -> None:
    assert model.floats().read(4096, 4100).tolist() == [4096, 4097, 4098, 4099]
    assert model.floats().count == 70_004


def test_the_words_of_the_header_come_back(model: ModelFile) -> None:
    assert ModelFile.open(model.path).metadata["note"] == "7"


@pytest.mark.parametrize("count", [1, 3])
def test_a_buffer_of_another_length_leaves_no_file(tmp_path: Path, count: int) -> None:
    layout = ModelLayout(ModelManifest.of_arrays({"w": np.zeros(2, np.float32)}))
    with pytest.raises(ValueError, match=f"expected 2 values, got {count}"):
        write_model(tmp_path / "m", layout, {"float32": [np.zeros(count, np.float32)]}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(WireError, match="not finite"):
        write_arrays(tmp_path / "m", {**MODEL, "b": np.full((2, 2), np.nan, np.float32)}, LAYOUT, {})
