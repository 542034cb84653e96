from pathlib import Path

import pytest

from glsmed.server.readiness.model_check import check_model
from glsmed.shared.errors import DataError, NetworkError
from glsmed.shared.protocol.network_settings import InitialWeights, ModelSection
from glsmed.shared.protocol.study import Study


def study(architecture: str, weights: InitialWeights | None = None) -> Study:
    model = ModelSection(architecture=architecture, image_size_px=64, initial_weights=weights)
    return Study(study="s", findings=("effusion",), model=model)


def test_the_network_is_told_in_words(tmp_path: Path) -> None:
    assert check_model(tmp_path, study("timm/test_vit")).lines == [
        "model timm/test_vit: 0.3 million weights, 64 px, random weights"
    ]


def test_a_network_that_cannot_be_trained_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="has batch statistics"):
        check_model(tmp_path, study("timm/test_resnet"))


def test_missing_weights_are_an_error(tmp_path: Path) -> None:
    weights = InitialWeights(file="w.safetensors", sha256="0" * 64, licence="MIT")
    with pytest.raises(DataError, match=r"w\.safetensors: no such file"):
        check_model(tmp_path, study("resnet10", weights))
