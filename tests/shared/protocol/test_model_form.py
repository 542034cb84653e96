import numpy as np
import pytest
from flwr.app import Array
from hypothesis import given
from hypothesis import strategies as st

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.model_form import SCALES, FloatSource, ModelForm
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import PACKED, Arrays, ModelLayout, packed_bytes
from glsmed.shared.protocol.precision import GROUP, Precision

COUNT = 2 * GROUP + 10
MODEL: Arrays = {"w": np.random.default_rng(0).normal(size=COUNT).astype(np.float32), "n": np.array([7])}
LAYOUT = ModelLayout(ModelManifest.of_arrays(MODEL))
BUFFERS = LAYOUT.pack(MODEL)
WHOLE = ModelForm.up(LAYOUT, "fp32")


@pytest.mark.parametrize(
    ("precision", "down", "up"),
    [
        ("fp32", ("model", "fp32", 4 * COUNT), ("model", "fp32", 4 * COUNT)),
        ("bf16", ("model", "bf16", 2 * COUNT), ("change", "bf16", 2 * COUNT)),
        ("int8", ("model", "bf16", 2 * COUNT), ("change", "int8", COUNT + 4 * 3)),
    ],
)
def test_each_precision_has_its_bytes(
    precision: Precision, down: tuple[str, str, int], up: tuple[str, str, int]
) -> None:
    for form, (kind, bits, size) in ((ModelForm.down(LAYOUT, precision), down), (ModelForm.up(LAYOUT, precision), up)):
        packed = form.encode(BUFFERS)
        form.check(packed)
        assert (form.kind, form.precision) == (kind, bits)
        assert form.nbytes == packed_bytes(packed) == size + 8


@pytest.mark.parametrize(("precision", "error"), [("fp32", 0), ("bf16", 2**-8), ("int8", 1 / 127)])
def test_what_comes_out_is_near_what_went_in(precision: Precision, error: float) -> None:
    form = ModelForm.up(LAYOUT, precision)
    decoded = form.decode(form.encode(BUFFERS))
    assert np.abs(decoded["float32"] - BUFFERS["float32"]).max() <= error * np.abs(BUFFERS["float32"]).max()
    assert decoded["int64"].tolist() == [7]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_stretches_are_the_whole(precision: Precision) -> None:
    form = ModelForm.up(LAYOUT, precision)
    packed = form.encode(BUFFERS)
    source = FloatSource.of(form, packed)
    parts = [source.read(start, min(start + GROUP, COUNT)) for start in range(0, COUNT, GROUP)]
    assert np.array_equal(np.concatenate(parts), form.decode(packed)["float32"])


FLOATS = WHOLE.encode(BUFFERS)["float32"]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (Array("float32", (COUNT,), "pickle", FLOATS.data), "as 'pickle'"),
        (Array("object", (COUNT,), PACKED, FLOATS.data), "got object"),
        (Array("float64", (COUNT,), PACKED, FLOATS.data), "got float64"),
        (Array("float32", (1, COUNT), PACKED, FLOATS.data), "got float32"),
        (Array("float32", (-COUNT,), PACKED, FLOATS.data), "got float32"),
        (Array("float32", (1,) * 40_000, PACKED, FLOATS.data), "got float32"),
        (Array("float32", (COUNT,), PACKED, FLOATS.data[:-1]), f"in {4 * COUNT - 1} bytes"),
        (Array("float32", (COUNT,), PACKED, FLOATS.data + b"0"), f"in {4 * COUNT + 1} bytes"),
    ],
)
def test_a_buffer_that_is_not_what_must_come_is_refused(array: Array, said: str) -> None:
    with pytest.raises(WireError, match=said) as caught:
        WHOLE.check({**WHOLE.encode(BUFFERS), "float32": array})
    assert len(str(caught.value)) < 300


def test_a_buffer_too_many_or_too_few_is_refused() -> None:
    packed = WHOLE.encode(BUFFERS)
    with pytest.raises(WireError, match="buffer 'float32' is missing"):
        WHOLE.check({"int64": packed["int64"]})
    with pytest.raises(WireError, match=f"'{SCALES}' is not a buffer"):
        WHOLE.check({**packed, SCALES: packed["float32"]})


@given(st.binary(max_size=300))
def test_no_other_bytes_get_past_the_check(data: bytes) -> None:
    with pytest.raises(WireError):
        WHOLE.check({**WHOLE.encode(BUFFERS), "float32": Array("float32", (COUNT,), PACKED, data)})
