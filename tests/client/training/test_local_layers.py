from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.client.training.local_layers import OwnLayers

Model = Mapping[str, NDArray[np.generic]]


def model(value: float) -> dict[str, NDArray[np.generic]]:
    return {name: np.full(1, value, np.float32) for name in ("conv1.weight", "bn1.weight", "fc.bias")}


def values(arrays: Model) -> dict[str, float]:
    return {name: float(array[0]) for name, array in arrays.items()}


def test_only_shared_arrays_travel(tmp_path: Path) -> None:
    assert list(OwnLayers(tmp_path, {"bn1.weight"}, model(0)).shared(model(1))) == ["conv1.weight", "fc.bias"]
    assert list(OwnLayers(tmp_path, (), model(0)).shared(model(1))) == ["conv1.weight", "bn1.weight", "fc.bias"]


def test_the_model_of_a_round_has_the_sites_layers_of_that_time(tmp_path: Path) -> None:
    layers = OwnLayers(tmp_path, {"bn1.weight", "fc.bias"}, model(0))
    shared = {"conv1.weight": np.full(1, 9, np.float32)}
    for number in (1, 2, 3):
        layers.keep(model(number), after_round=number)
    again = OwnLayers(tmp_path, {"bn1.weight", "fc.bias"}, model(0))
    for number in range(4):
        assert values(again.with_shared(shared, after_round=number)) == {
            "conv1.weight": 9,
            "bn1.weight": number,
            "fc.bias": number,
        }


def test_a_site_that_is_new_starts_from_the_initial_model(tmp_path: Path) -> None:
    initial = model(7)
    layers = OwnLayers(tmp_path, {"fc.bias"}, initial)
    initial["fc.bias"][:] = 0  # as training does, in place
    assert values(layers.with_shared({"conv1.weight": np.zeros(1)}, after_round=5))["fc.bias"] == 7


def test_a_study_without_local_layers_leaves_no_file(tmp_path: Path) -> None:
    layers = OwnLayers(tmp_path / "own", (), model(0))
    layers.keep(model(1), after_round=1)
    assert not (tmp_path / "own").exists()
    assert values(layers.with_shared(model(2), after_round=1)) == values(model(2))
