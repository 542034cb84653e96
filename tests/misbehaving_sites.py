"""Sites that misbehave, for a :class:`~glsmed.benchmarks.federation.local_grid.LocalGrid`: what each sends instead."""

from collections.abc import Callable, Collection

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, Misbehaviour, behaves
from glsmed.shared.protocol.packed_model import as_array, as_values, packed_digest

ArrayChange = Callable[[NDArray[np.generic]], NDArray[np.generic]]


def never_answers(task: Message, ask: Ask) -> None:
    """The site takes the task and is not heard of again."""


def raises(error: Exception) -> Misbehaviour:
    """The site's ClientApp breaks with an exception that it does not catch."""

    def misbehave(_task: Message, _ask: Ask) -> Message:
        raise error

    return misbehave


def answers_late(seconds: float) -> Misbehaviour:
    """The site replies, after so many seconds."""

    def misbehave(task: Message, ask: Ask) -> Delayed:
        return Delayed(ask(task), seconds)

    return misbehave


def changes_arrays(change: ArrayChange) -> Misbehaviour:
    """The site sends other model arrays than it trained."""

    def misbehave(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        trained = reply.content.array_records["model"]
        packed = {name: as_array(change(as_values(array))) for name, array in trained.items()}
        reply.content["model"] = ArrayRecord(packed)
        head = reply.content.config_records["head"]
        reply.content["head"] = ConfigRecord({**head, "update_digest": packed_digest(packed)})
        return reply

    return misbehave


def claims(**words: int | float | str) -> Misbehaviour:
    """The site says something else about its update than what is true, for instance ``training_cells=-5``."""

    def misbehave(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        reply.content["head"] = ConfigRecord({**reply.content.config_records["head"], **words})
        return reply

    return misbehave


class Replays:
    """The site answers every task with what it answered to the first of its kind."""

    def __init__(self) -> None:
        self._first: dict[str, Message] = {}

    def __call__(self, task: Message, ask: Ask) -> Message:
        """The first answer again, addressed as an answer to this task."""
        kind = task.metadata.message_type
        first = self._first.setdefault(kind, ask(task))
        return Message(first.content, reply_to=task)


def only(
    misbehaviour: Misbehaviour, *, kinds: Collection[str] = ("train",), rounds: Collection[int] | None = None
) -> Misbehaviour:
    """The misbehaviour in these kinds of task and rounds; otherwise the site behaves. ``rounds`` None: in all."""

    def sometimes(task: Message, ask: Ask) -> Message | Delayed | None:
        in_round = rounds is None or task.metadata.group_id in {str(number) for number in rounds}
        return (misbehaviour if task.metadata.message_type in kinds and in_round else behaves)(task, ask)

    return sometimes
