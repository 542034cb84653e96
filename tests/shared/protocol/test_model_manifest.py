import numpy as np

from glsmed.shared.protocol.model_manifest import arrays_digest

WEIGHTS = {"w": np.array([1.5, -2.0], dtype=np.float32)}


def test_the_digest_of_arrays_changes_with_name_and_value() -> None:
    digests = {
        arrays_digest(arrays)
        for arrays in (WEIGHTS, {"v": WEIGHTS["w"]}, {"w": WEIGHTS["w"] + 1}, {"w": WEIGHTS["w"][::-1]})
    }
    assert len(digests) == 4
