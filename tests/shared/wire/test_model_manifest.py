import numpy as np
import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.wire.model_manifest import ModelManifest

SMALL = build_model("resnet10", n_findings=3, seed=0)
MANIFEST = ModelManifest.of(SMALL.state_dict())
ARRAYS = state_arrays(SMALL)


def test_a_models_own_arrays_fit_its_manifest() -> None:
    MANIFEST.check(ARRAYS)


def test_the_digest_tells_models_apart() -> None:
    wider = ModelManifest.of(build_model("resnet10", n_findings=4, seed=0).state_dict())
    reseeded = ModelManifest.of(build_model("resnet10", n_findings=3, seed=1).state_dict())
    assert MANIFEST.digest() == reseeded.digest() != wider.digest()


def without(name: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    return {key: value for key, value in ARRAYS.items() if key != name}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (without("fc.bias"), "array 'fc.bias' is missing"),
        ({**ARRAYS, "more": ARRAYS["fc.bias"]}, "array 'more' is not part of the study's model"),
        (dict(reversed(list(ARRAYS.items()))), "not in the order"),
        (
            {**ARRAYS, "fc.bias": np.zeros(4, np.float32)},
            r"array 'fc.bias' has shape \(4,\), expected \(3,\)",
        ),
        ({**ARRAYS, "fc.bias": np.zeros(3)}, "array 'fc.bias' has dtype float64, expected float32"),
        (
            {**ARRAYS, "fc.bias": np.array([0, np.inf, 0], np.float32)},
            "array 'fc.bias' holds values that are not finite",
        ),
    ],
)
def test_arrays_of_another_model_are_refused_by_name(
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]], message: str
) -> None:
    with pytest.raises(WireError, match=message):
        MANIFEST.check(arrays)


def test_a_manifest_comes_back_from_its_words() -> None:
    assert ModelManifest.from_json(MANIFEST.to_json()) == MANIFEST == ModelManifest.of_arrays(ARRAYS)
