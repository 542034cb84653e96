import numpy as np
import pytest

from glsmed.client.labelling.choosing.draw import allot, label_weights, order_number
from glsmed.client.labelling.choosing.pool import Pool, read_pool
from glsmed.client.labelling.choosing.worth import Standing
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(scope="module")
def pool() -> Pool:
    texts = ["Effusion cannot be excluded."] * 40 + ["No effusion."] * 60 + ["Clear."] * 100
    return read_pool(
        Reader(load_adapter("en_radiology")), {str(n): f"FINDINGS: {one}" for n, one in enumerate(texts)}, ("effusion",)
    )


def none_yet(pool: Pool) -> Standing:
    return Standing(
        np.zeros(len(pool.names), dtype=np.intp), np.full(1, 9, dtype=np.intp), np.full(1, 9, dtype=np.intp)
    )


def test_most_labels_go_to_doubt_and_some_to_everything(pool: Pool) -> None:
    more = np.mean([allot(pool, none_yet(pool), labels=25, rng=np.random.default_rng(n)) for n in range(40)], axis=0)
    share = dict(zip(pool.names, more / 25, strict=True))
    assert share["effusion: cannot_exclude"] > 0.5
    assert share["effusion: negated"] >= 0.2 * 60 / 200 * 0.8
    assert more.sum() == 25


def test_no_more_are_asked_than_there_are(pool: Pool) -> None:
    np.testing.assert_array_equal(allot(pool, none_yet(pool), labels=999, rng=np.random.default_rng(0)), pool.sizes)


def test_weights_stand_for_the_strata() -> None:
    weights = label_weights({"a": 90, "b": 10, "c": 5}, ["a"] * 3 + ["b"] * 7)
    assert weights["a"] / weights["b"] == pytest.approx((90 / 3) / (10 / 7))
    assert 3 * weights["a"] + 7 * weights["b"] == pytest.approx(10)


def test_a_weighted_mean_of_chosen_cells_is_that_of_all_cells() -> None:
    """The mean over all cells of a site from cells drawn by worth: unbiased with the weights, biased without."""
    rng = np.random.default_rng(3)
    stratum = np.repeat([0, 1, 2], [700, 250, 50])
    truth = rng.random(1000) < np.array([0.02, 0.3, 0.8])[stratum]
    sizes, taken = {"0": 700, "1": 250, "2": 50}, [5, 20, 25]
    weighted, plain = [], []
    for _ in range(400):
        cells = np.concatenate([rng.permutation(np.flatnonzero(stratum == place))[:n] for place, n in enumerate(taken)])
        weights = label_weights(sizes, map(str, stratum[cells]))
        weigh = np.array([weights[str(one)] for one in stratum[cells]])
        weighted.append((weigh * truth[cells]).sum() / weigh.sum())
        plain.append(truth[cells].mean())
    error = np.std(weighted) / np.sqrt(len(weighted))
    assert abs(np.mean(weighted) - truth.mean()) < 3 * error
    assert abs(np.mean(plain) - truth.mean()) > 0.2


def test_the_order_is_even_the_same_each_time_and_anothers_for_another_secret() -> None:
    numbers = [order_number("s", str(n)) for n in range(2000)]
    assert numbers == [order_number("s", str(n)) for n in range(2000)]
    assert np.histogram(numbers, bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 200), abs=60)
    assert abs(np.corrcoef(numbers, [order_number("t", str(n)) for n in range(2000)])[0, 1]) < 0.1
