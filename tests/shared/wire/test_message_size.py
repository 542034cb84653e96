from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects

from glsmed.shared.errors import WireError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import TrainTask
from glsmed.shared.wire.message_size import Allowance, most_message_bytes
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ArraySpec, ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout

MIB = 2**20


def test_a_message_has_the_bytes_of_the_model_and_some_room() -> None:
    manifest = ModelManifest((ArraySpec("w", (1000, 1000), "float32"), ArraySpec("n", (), "int64")))
    assert most_message_bytes(manifest) == 2 * (4_000_000 + 8) + 32 * MIB


@pytest.mark.parametrize("architecture", ["resnet10", "densenet121"])
def test_an_honest_message_fits_as_flower_cuts_it(architecture: str) -> None:
    model = build_model(architecture, n_findings=14, seed=0)
    noise = np.random.default_rng(0)  # Flower sends equal parts once: none may be equal
    arrays = {name: noise.random(array.shape, dtype=np.float32) for name, array in state_arrays(model).items()}
    manifest = ModelManifest.of(model.state_dict())
    layout = ModelLayout(manifest)
    task = encode(
        TrainTask(
            study_digest="a" * 64,
            round=1,
            manifest_digest="b" * 64,
            model_digest="c" * 64,
            keep_digest="",
            validate=True,
            model=ModelForm.down(layout, "fp32").encode(layout.pack(arrays)),
            control={},
        )
    )
    size = sum(len(part.deflate()) for part in get_all_nested_objects(task).values())
    assert sum(array.nbytes for array in arrays.values()) < size < most_message_bytes(manifest) - 24 * MIB


def test_parts_are_counted_together_until_they_are_too_many() -> None:
    allowance = Allowance(100)
    assert [allowance.take(b"x" * 50) for _ in range(2)] == [b"x" * 50] * 2
    with pytest.raises(WireError, match="larger than the study's model: more than 100 bytes"):
        allowance.take(b"x")


def test_no_part_is_lost_among_threads() -> None:
    allowance = Allowance(10_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(allowance.take, [b"x"] * 10_000))
    with pytest.raises(WireError):
        allowance.take(b"x")
