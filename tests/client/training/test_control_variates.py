from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.client.training.control_variates import OwnControl


def arrays(value: float) -> dict[str, NDArray[np.float32]]:
    return {"w": np.full(1, value, np.float32)}


def test_before_its_first_round_a_site_shifts_by_the_centres_control_variate(tmp_path: Path) -> None:
    shift = OwnControl(tmp_path).of_round(1, arrays(0.5)).steering().shift
    assert shift is not None
    assert shift["w"].tolist() == [0.5]


def test_its_own_becomes_its_mean_gradient(tmp_path: Path) -> None:
    """c_i = 2 and c = .5; from 1 to .4 in 3 steps of .1 is a mean gradient of 2, so c_i = 2 - .5 + 2."""
    control = OwnControl(tmp_path)
    control.keep(arrays(2), after_round=4)
    both = OwnControl(tmp_path).of_round(5, arrays(0.5))
    assert both.steering().shift["w"].tolist() == [-1.5]  # type: ignore[index]  # there is one
    assert both.after(arrays(1), arrays(0.4), steps=3, learning_rate=0.1)["w"].tolist() == pytest.approx([3.5])


def test_a_round_that_is_asked_for_again_starts_as_it_did_before(tmp_path: Path) -> None:
    control = OwnControl(tmp_path)
    control.keep(arrays(2), after_round=4)
    control.keep(arrays(9), after_round=5)
    assert control.of_round(5, arrays(0)).own["w"].tolist() == [2]
    assert control.of_round(6, arrays(0)).own["w"].tolist() == [9]


def test_of_a_long_study_two_rounds_stay_on_the_disk(tmp_path: Path) -> None:
    control = OwnControl(tmp_path)
    for number in range(1, 8):
        control.keep(arrays(number), after_round=number)
    assert len(list(tmp_path.iterdir())) == 2
