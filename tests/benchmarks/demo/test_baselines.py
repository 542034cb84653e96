import torch

from glsmed.benchmarks.demo.baselines import pool
from glsmed.client.data.examples import Examples


def _site(size: int, *, value: float, offset: float | None) -> Examples:
    column = torch.full((size, 2), value)
    return Examples(
        images=torch.full((size, 1, 4, 4), int(value * 10), dtype=torch.uint8),
        targets=column,
        weights=column,
        gold=column,
        patients=tuple(f"{value}-{number}" for number in range(size)),
        findings=("effusion", "nodule"),
        offsets=None if offset is None else torch.full((size, 2), offset),
    )


def test_pooled_examples_keep_their_order_and_each_the_offset_of_its_site() -> None:
    pooled = pool([_site(2, value=0.0, offset=-1.5), _site(3, value=1.0, offset=None)])
    assert len(pooled) == 5
    assert pooled.targets[:, 0].tolist() == [0, 0, 1, 1, 1]
    assert pooled.images[:, 0, 0, 0].tolist() == [0, 0, 10, 10, 10]
    assert pooled.offsets is not None
    assert pooled.offsets[:, 1].tolist() == [-1.5, -1.5, 0, 0, 0]
    assert pooled.patients[2] == "1.0-0"
