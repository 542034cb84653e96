"""What the resident process and its training workers send each other: a head in JSON, then tensors as safetensors.

Both go over a socket pair that only the two of them hold.
"""

import json
from collections.abc import Mapping
from multiprocessing.connection import Connection

import safetensors.torch
from torch import Tensor

from glsmed.client.training.steps.batches import Batch
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import TrainingSection

TOTAL_WEIGHT, MONITOR_SUMS = "total_weight", "monitor_sums"

Tensors = Mapping[str, Tensor]


class StartRound(StrictModel):
    """Take the weights that come along and be ready for steps; answered by :class:`Done`.

    ``micro_batch_size`` is the most images that go on a device at a time.
    """

    settings: TrainingSection
    findings: tuple[str, ...]
    logit_limit: float | None
    micro_batch_size: int
    round_number: int


class TakeStep(StrictModel):
    """Take a gradient step with this worker's share of a batch; answered by :class:`Done`."""


class EndRound(StrictModel):
    """Report the round's losses; answered by :class:`RoundResult`."""


class Done(StrictModel):
    """The request was carried out; also a worker's first message, once all have found each other."""


class RoundResult(StrictModel):
    """Losses summed over the round's steps; with the monitor's sums, and from the first worker with the weights."""

    summed_loss: float


class Failed(StrictModel):
    """The worker gave up; ``error`` is the error's class, ``at`` the time by the machine's monotonic clock."""

    error: str
    message: str
    at: float


Head = StartRound | TakeStep | EndRound | Done | RoundResult | Failed
_HEADS: Mapping[str, type[Head]] = {
    kind.__name__: kind for kind in (StartRound, TakeStep, EndRound, Done, RoundResult, Failed)
}


def send(channel: Connection, head: Head, tensors: Tensors | None = None) -> None:
    """Send a head with its tensors.

    Raises:
        OSError: the other end has gone.
    """
    channel.send_bytes(json.dumps([type(head).__name__, head.model_dump(mode="json")]).encode())
    channel.send_bytes(safetensors.torch.save(dict(tensors or {})))


def receive(channel: Connection) -> tuple[Head, dict[str, Tensor]]:
    """The next head with its tensors.

    Raises:
        EOFError: the other end has gone; an OSError says the same.
    """
    kind, content = json.loads(channel.recv_bytes())
    return _HEADS[kind].model_validate(content), safetensors.torch.load(channel.recv_bytes())


def batch_tensors(share: Batch, total_weight: Tensor) -> dict[str, Tensor]:
    """What goes with :class:`TakeStep`; ``total_weight`` is what the share's summed loss is to be divided by."""
    return {TOTAL_WEIGHT: total_weight, **share.columns()}


def batch_of(tensors: Tensors) -> Batch:
    """The share that came with :class:`TakeStep`."""
    return Batch(**{name: tensor for name, tensor in tensors.items() if name != TOTAL_WEIGHT})
