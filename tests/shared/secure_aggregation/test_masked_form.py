import numpy as np
import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.masked_form import MASKED, Counts, MaskedForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout, Packed, as_array

MANIFEST = ModelManifest.of_arrays(
    {"a": np.zeros((2, 3), np.float32), "n": np.zeros(1, np.int64), "b": np.zeros(4, np.float32)}
)
FORM = MaskedForm(ModelLayout(MANIFEST))


def test_floats_and_counts_come_back() -> None:
    change = np.arange(10, dtype=np.uint32)
    vector = FORM.vector(change, Counts(cells=70, patients=30))
    got, counts = FORM.parts(vector)
    np.testing.assert_array_equal(got, change)
    assert counts == (70, 30)
    assert vector.size == FORM.size == 12


def test_vectors_are_added_modulo_2_to_32() -> None:
    total = np.full(FORM.size, 2**32 - 1, np.uint32)
    FORM.add_to(total, FORM.packed(np.full(FORM.size, 3, np.uint32)))
    np.testing.assert_array_equal(total, np.full(FORM.size, 2, np.uint32))


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"float32": as_array(np.zeros(12, np.uint32))},
        {MASKED: as_array(np.zeros(11, np.uint32))},
        {MASKED: as_array(np.zeros(12, np.float32))},
        {MASKED: as_array(np.zeros(12, np.uint32)), "int64": as_array(np.zeros(1, np.int64))},
    ],
)
def test_another_form_is_refused(packed: Packed) -> None:
    with pytest.raises(WireError, match="record 'model'"):
        FORM.check(packed)
