import numpy as np
import torch

from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays

SMALL = build_model("resnet10", n_findings=3, seed=0)


def test_arrays_go_into_another_model_bit_by_bit() -> None:
    other = build_model("resnet10", n_findings=3, seed=9)
    load_arrays(other, state_arrays(SMALL))
    for name, value in SMALL.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])


def test_loading_copies() -> None:
    other, arrays = build_model("resnet10", n_findings=3, seed=9), state_arrays(SMALL)
    load_arrays(other, {name: array.copy() for name, array in arrays.items()})
    with torch.no_grad():
        next(iter(other.parameters())).add_(1)
    np.testing.assert_array_equal(state_arrays(SMALL)["conv1.weight"], arrays["conv1.weight"])
