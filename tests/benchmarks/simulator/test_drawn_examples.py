import torch

from glsmed.benchmarks.simulator.drawn_examples import drawn_examples


def test_targets_are_the_truth_and_a_seed_draws_the_same_patients() -> None:
    drawn, again, other = drawn_examples(8, seed=1), drawn_examples(8, seed=1), drawn_examples(8, seed=2)
    assert torch.equal(drawn.targets, drawn.gold)
    assert drawn.images.shape == (8, 1, 28, 28)
    assert len(set(drawn.patients)) == 8
    assert torch.equal(drawn.images, again.images)
    assert not torch.equal(drawn.images, other.images)
