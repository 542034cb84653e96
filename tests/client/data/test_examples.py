from dataclasses import replace

import torch

from glsmed.client.data.examples import Examples

THREE = Examples(
    images=torch.arange(3, dtype=torch.uint8).reshape(3, 1, 1, 1),
    targets=torch.tensor([[0.05], [0.9], [0.15]]),
    weights=torch.tensor([[1.0], [0.0], [1.0]]),
    gold=torch.tensor([[0.0], [1.0], [2.0]]),
    patients=("a", "b", "c"),
    findings=("effusion",),
    offsets=torch.tensor([[4.0], [5.0], [6.0]]),
)


def test_rows_are_taken_together_in_the_order_asked_for() -> None:
    taken = THREE.rows(torch.tensor([2, 0]))
    assert len(taken) == 2
    assert taken.patients == ("c", "a")
    for name in ("images", "targets", "weights", "gold", "offsets"):
        assert torch.equal(getattr(taken, name), getattr(THREE, name)[[2, 0]])


def test_rows_of_examples_without_offset_have_none() -> None:
    assert replace(THREE, offsets=None).rows(torch.tensor([1])).offsets is None


def test_a_slice_of_rows_brings_its_patients() -> None:
    taken = THREE.rows(slice(1, 3))
    assert taken.patients == ("b", "c")
    assert torch.equal(taken.targets, THREE.targets[1:])
