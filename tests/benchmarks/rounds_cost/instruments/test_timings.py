"""Figures of repeated measurements, by hand."""

import numpy as np
import pytest

from glsmed.benchmarks.rounds_cost.instruments.timings import Timings, steady


def test_the_first_measurement_does_not_count() -> None:
    assert steady([9.0, 1.0, 2.0]).values == (1.0, 2.0)


def test_a_single_measurement_is_not_enough() -> None:
    with pytest.raises(ValueError, match=r"expected at least 2 measurements.*got 1"):
        steady([1.0])


@pytest.mark.parametrize("values", [(3.0, 1.0, 2.0), (4.0, 1.0, 2.0, 8.0), (5.0, 5.5)])
def test_median_and_quartiles_are_those_of_numpy(values: tuple[float, ...]) -> None:
    timings = Timings(values)
    assert timings.median == pytest.approx(np.median(values))
    assert timings.quartiles == pytest.approx(tuple(np.quantile(values, [0.25, 0.75])))


def test_one_value_is_its_own_middle_half() -> None:
    assert Timings((2.0,)).figures() == {"median": 2.0, "middle_half": [2.0, 2.0], "each": [2.0]}


def test_every_raw_number_stays_in_its_order() -> None:
    assert Timings((3.00049, 1.0, 2.0)).figures()["each"] == [3.0, 1.0, 2.0]
