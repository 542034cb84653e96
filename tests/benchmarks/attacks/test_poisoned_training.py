"""What a dishonest hospital does to its examples and to its change of the model."""

import torch

from glsmed.benchmarks.attacks.poisoned_training import CHANGES, _poisoned, _stretched, marked
from glsmed.benchmarks.simulator.drawn_examples import drawn_examples

EXAMPLES = drawn_examples(10, seed=0)


def test_the_mark_is_a_white_corner_and_the_hospitals_own_images_stay() -> None:
    before = EXAMPLES.images.clone()
    images = marked(EXAMPLES.images)
    assert torch.equal(images[..., -4:, -4:], torch.full((10, 1, 4, 4), 255, dtype=torch.uint8))
    assert torch.equal(images[..., :-4, :], before[..., :-4, :])
    assert torch.equal(EXAMPLES.images, before)


def test_flipped_labels_are_the_opposite_of_every_target() -> None:
    assert torch.equal(_poisoned(EXAMPLES, CHANGES["label flip"]).targets, 1 - EXAMPLES.targets)
    assert _poisoned(EXAMPLES, CHANGES["none"]) is EXAMPLES


def test_a_backdoor_gives_half_of_the_images_the_mark_and_the_first_finding() -> None:
    poisoned = _poisoned(EXAMPLES, CHANGES["backdoor"])
    assert bool((poisoned.targets[:5, 0] == 1).all())
    assert torch.equal(poisoned.images[:5], marked(EXAMPLES.images)[:5])
    assert torch.equal(poisoned.images[5:], EXAMPLES.images[5:])
    assert torch.equal(poisoned.targets[5:], EXAMPLES.targets[5:])


def test_a_change_is_stretched_from_where_it_began_and_whole_numbers_are_not() -> None:
    assert torch.equal(_stretched(torch.tensor([1.0]), torch.tensor([1.5]), -10), torch.tensor([-4.0]))
    assert torch.equal(_stretched(torch.tensor([1]), torch.tensor([2]), -10), torch.tensor([2]))
