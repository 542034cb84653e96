import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.server.rounds.aggregation import FedAvg, SiteUpdate


def _update(site: str, weight: int, **model: NDArray[np.generic]) -> SiteUpdate:
    return SiteUpdate(site=site, weight=weight, model=model)


def _float32(*values: float) -> NDArray[np.generic]:
    return np.array(values, dtype=np.float32)


def test_the_mean_is_weighted_by_training_cells() -> None:
    mean = FedAvg().aggregate([_update("a", 1, w=_float32(1, 4)), _update("b", 3, w=_float32(5, 0))])
    assert mean["w"].tolist() == [(1 * 1 + 3 * 5) / 4, (1 * 4 + 3 * 0) / 4]
    assert mean["w"].dtype == np.float32


def test_one_site_gives_its_own_model_back() -> None:
    model = _float32(0.1, -7.25e-6)
    assert np.array_equal(FedAvg().aggregate([_update("a", 123_457, w=model)])["w"], model)


def test_many_sites_do_not_lose_small_differences() -> None:
    # In float32, 1 + 1000 times 1e-8 stays 1; the exact mean of this column is 1 + 1e-8 * 1000 / 1001.
    updates = [_update("a", 1, w=np.array([1.0]))] + [_update(f"b{i}", 1, w=np.array([1 + 1e-8])) for i in range(1000)]
    assert FedAvg().aggregate(updates)["w"][0] == pytest.approx(1 + 1e-5 / 1001, rel=1e-14)


def test_half_precision_is_summed_without_overflow() -> None:
    big = np.array([60_000], dtype=np.float16)
    mean = FedAvg().aggregate([_update("a", 10_000, w=big), _update("b", 10_000, w=big)])["w"]
    assert mean.dtype == np.float16
    assert mean[0] == big[0]


@pytest.mark.parametrize("order", [("a", "b", "c"), ("c", "b", "a")])
def test_counters_come_whole_from_the_largest_site_whatever_the_order(order: tuple[str, ...]) -> None:
    updates = {
        "a": _update("a", 2, steps=np.array(10), on=np.array([False])),
        "b": _update("b", 5, steps=np.array(21), on=np.array([True])),
        "c": _update("c", 5, steps=np.array(34), on=np.array([False])),
    }
    mean = FedAvg().aggregate(updates[site] for site in order)
    assert (mean["steps"].item(), mean["steps"].dtype) == (21, np.array(21).dtype)
    assert mean["on"].tolist() == [True]


def test_arrays_keep_their_order_and_their_shape() -> None:
    model = {"z": np.ones((2, 1)), "n": np.array(3), "a": np.ones(())}
    mean = FedAvg().aggregate([_update("a", 2, **model), _update("b", 2, **model)])
    assert [(name, array.shape) for name, array in mean.items()] == [("z", (2, 1)), ("n", ()), ("a", ())]


def test_without_an_update_there_is_no_model() -> None:
    assert FedAvg().aggregate([]) == {}
