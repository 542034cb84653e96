"""A model of any size."""

import numpy as np
import pytest

from glsmed.benchmarks.rounds_cost.made_up_model import made_up_model
from glsmed.shared.errors import UsageError


def test_a_made_up_model_is_as_large_as_was_asked_for() -> None:
    model = made_up_model(5.0)
    assert sum(array.nbytes for array in model.values()) == pytest.approx(5e6, rel=1e-3)


def test_no_two_arrays_are_equal_since_flower_would_send_them_once() -> None:
    arrays = [array.tobytes() for array in made_up_model(0.01).values()]
    assert len(set(arrays)) == len(arrays)


def test_a_made_up_model_is_the_same_in_every_process() -> None:
    np.testing.assert_equal(dict(made_up_model(0.01)), dict(made_up_model(0.01)))


def test_a_model_without_room_for_its_arrays_is_refused() -> None:
    with pytest.raises(UsageError, match="expected at least 256 bytes"):
        made_up_model(1e-5)
