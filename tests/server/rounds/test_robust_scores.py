import numpy as np
import pytest

from glsmed.server.rounds.robust_scores import polished


@pytest.mark.parametrize("seed", range(5))
def test_round_and_site_effects_are_found_again(seed: int) -> None:
    """The reference: numbers that were made as round + site, some of them missing."""
    rng = np.random.default_rng(seed)
    rounds, sites = rng.random(8), rng.random(5)
    scores = {
        number: {f"s{place}": float(rounds[number] + level) for place, level in enumerate(sites) if rng.random() < 0.8}
        for number in range(8)
    }
    found = polished({number: own for number, own in scores.items() if own})
    for number, value in found.items():
        assert value - found[0] == pytest.approx(rounds[number] - rounds[0], abs=1e-6)


def test_with_all_numbers_there_it_is_the_median_over_sites_of_what_each_gained() -> None:
    scores = {1: {"a": 0.5, "b": 0.7, "c": 0.9}, 2: {"a": 0.4, "b": 0.6, "c": 0.8}, 3: {"a": 0.6, "b": 0.8, "c": 1.0}}
    assert polished(scores) == pytest.approx({1: 0.7, 2: 0.6, 3: 0.8})


@pytest.mark.parametrize("claimed", [0.0, -1e9, 100.0])
def test_one_site_of_three_chooses_nothing(claimed: float) -> None:
    scores = {number: {"a": value, "b": value + 0.1, "liar": 0.5} for number, value in ((1, 0.6), (2, 0.4), (3, 0.9))}
    scores[3]["liar"] = claimed
    found = polished(scores)
    assert min(found, key=found.__getitem__) == 2


def test_of_two_the_worse_word_counts() -> None:
    scores = {1: {"a": 0.5, "liar": 0.5}, 2: {"a": 0.4, "liar": 0.4}, 3: {"a": 0.9, "liar": 0.0}}
    found = polished(scores)
    assert min(found, key=found.__getitem__) == 2
