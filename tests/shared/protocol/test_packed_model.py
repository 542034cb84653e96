import hashlib

import numpy as np
import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import (
    Arrays,
    MemoryBytes,
    ModelLayout,
    as_array,
    as_values,
    packed_bytes,
    packed_digest,
)

MODEL: Arrays = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "n": np.array(9),
    "a": np.array(7.5, dtype=np.float32),
    "empty": np.zeros((0, 3), dtype=np.float32),
}
LAYOUT = ModelLayout(ModelManifest.of_arrays(MODEL))


def test_arrays_lie_one_after_the_other_in_the_order_of_the_manifest() -> None:
    buffers = LAYOUT.pack(MODEL)
    assert {name: values.tolist() for name, values in buffers.items()} == {
        "float32": [0, 1, 2, 3, 4, 5, 7.5],
        "int64": [9],
    }
    assert LAYOUT.lengths == {"float32": 7, "int64": 1}


def test_a_packed_model_comes_back_in_its_order_and_shapes() -> None:
    arrays = LAYOUT.unpack(LAYOUT.pack(MODEL))
    assert list(arrays) == list(MODEL)
    assert all(
        np.array_equal(arrays[name], array) and arrays[name].shape == array.shape for name, array in MODEL.items()
    )


def test_arrays_that_are_not_contiguous_are_packed_in_order() -> None:
    turned = {"w": np.arange(6, dtype=np.float32).reshape(2, 3).T}
    layout = ModelLayout(ModelManifest.of_arrays(turned))
    assert layout.pack(turned)["float32"].tolist() == [0, 3, 1, 4, 2, 5]


@pytest.mark.parametrize("dtype", ["float64", "float16", "complex64", "object"])
def test_a_dtype_that_may_not_travel_is_named(dtype: str) -> None:
    with pytest.raises(WireError, match=f"array 'w' has dtype {dtype}, which may not travel"):
        ModelLayout(ModelManifest.of_arrays({"w": np.zeros(2, dtype=dtype)}))


def test_values_come_back_from_an_array() -> None:
    values = np.array([1, 2], dtype=np.int32)
    assert np.array_equal(as_values(as_array(values)), values)
    assert MemoryBytes(b"abcd").read(1, 3) == b"bc"


def test_the_digest_is_over_names_and_bytes_in_the_order_of_names() -> None:
    packed = {"b": as_array(np.zeros(600_000, np.float32)), "a": as_array(np.array([1]))}
    content = b"a\0" + np.array([1]).tobytes() + b"b\0" + bytes(2_400_000)
    assert packed_digest(packed) == hashlib.sha256(content).hexdigest()
    assert packed_digest({name: packed[name] for name in ("a", "b")}) == packed_digest(packed)
    assert packed_bytes(packed) == 2_400_008
