"""A generator whose whole state follows from a key."""

import torch

from glsmed.client.training.steps.keyed_generator import keyed_generator


def order(key: bytes) -> list[int]:
    return torch.randperm(50, generator=keyed_generator(key)).tolist()


def test_the_same_key_gives_the_same_order() -> None:
    assert order(b"a" * 32) == order(b"a" * 32)


def test_each_byte_of_the_key_counts() -> None:
    """torch's seeds differ in nothing but their last 32 bits; keys may not."""
    keys = [bytes(place == changed for place in range(32)) for changed in range(32)]
    assert len({tuple(order(key)) for key in keys}) == len(keys)


def test_control_torch_forgets_what_is_above_32_bits_of_a_seed() -> None:
    first, second = (torch.Generator().manual_seed(seed) for seed in (5, 5 + 2**32))
    assert torch.equal(torch.randperm(50, generator=first), torch.randperm(50, generator=second))


def test_its_numbers_are_uniform_and_uncorrelated() -> None:
    numbers = torch.rand(100_000, generator=keyed_generator(b"k"))
    assert abs(float(numbers.mean()) - 0.5) < 0.01
    assert abs(float(torch.corrcoef(torch.stack([numbers[1:], numbers[:-1]]))[0, 1])) < 0.02


def test_more_numbers_than_its_state_holds_do_not_repeat() -> None:
    numbers = torch.randint(2**31, (2000,), generator=keyed_generator(b"k"))
    assert len(set(numbers.tolist())) > 1990
