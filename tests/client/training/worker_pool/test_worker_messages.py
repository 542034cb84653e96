import socket
from collections.abc import Iterator
from dataclasses import fields
from multiprocessing.connection import Connection

import pytest
import torch

from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.worker_pool.worker_messages import (
    TOTAL_WEIGHT,
    Head,
    RoundResult,
    StartRound,
    TakeStep,
    batch_of,
    batch_tensors,
    receive,
    send,
)
from glsmed.shared.protocol.study import TrainingSection

Ends = tuple[Connection, Connection]


@pytest.fixture
def ends() -> Iterator[Ends]:
    first, second = (Connection(end.detach()) for end in socket.socketpair())
    with first, second:
        yield first, second


@pytest.mark.parametrize(
    "head",
    [
        StartRound(
            settings=TrainingSection(batch_size=3),
            findings=("effusion",),
            logit_limit=None,
            micro_batch_size=2,
            round_number=3,
        ),
        RoundResult(summed_loss=float("inf")),
        TakeStep(),
    ],
)
def test_a_head_comes_as_it_was_sent(ends: Ends, head: Head) -> None:
    send(ends[0], head)
    assert receive(ends[1]) == (head, {})


@pytest.mark.parametrize("augmented", [True, False])
def test_a_share_comes_as_it_was_sent(ends: Ends, augmented: bool) -> None:
    share = Batch(
        images=torch.arange(18, dtype=torch.uint8).reshape(2, 1, 3, 3),
        targets=torch.rand(2, 2),
        weights=torch.rand(2, 2),
        offsets=None,
        image_shares=torch.rand(2, 2) if augmented else None,
        affine=torch.rand(2, 2, 3) if augmented else None,
        contrast=torch.rand(2, 2) if augmented else None,
    )
    send(ends[0], TakeStep(), batch_tensors(share, torch.tensor(3.5)))
    head, tensors = receive(ends[1])
    assert head == TakeStep()
    assert float(tensors[TOTAL_WEIGHT]) == 3.5
    for field in fields(Batch):
        sent, came = getattr(share, field.name), getattr(batch_of(tensors), field.name)
        assert (sent is None and came is None) or torch.equal(sent, came)


def test_an_end_that_has_gone_is_noticed(ends: Ends) -> None:
    ends[0].close()
    with pytest.raises(EOFError):
        receive(ends[1])
