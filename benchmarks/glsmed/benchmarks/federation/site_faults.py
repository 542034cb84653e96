"""Sites that go wrong, for a :class:`~glsmed.benchmarks.federation.local_grid.LocalGrid`: what each sends instead."""

from collections.abc import Callable, Collection

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, Fault, answers

ArrayChange = Callable[[NDArray[np.generic]], NDArray[np.generic]]


def never_answers(task: Message, ask: Ask) -> None:
    """The site takes the task and is not heard of again."""


def raises(error: Exception) -> Fault:
    """The site's ClientApp breaks with an exception that it does not catch."""

    def fault(_task: Message, _ask: Ask) -> Message:
        raise error

    return fault


def answers_late(seconds: float) -> Fault:
    """The site answers, after so many seconds."""

    def fault(task: Message, ask: Ask) -> Delayed:
        return Delayed(ask(task), seconds)

    return fault


def changes_arrays(change: ArrayChange) -> Fault:
    """The site sends other model arrays than it trained."""

    def fault(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        trained = reply.content.array_records["model"]
        reply.content["model"] = ArrayRecord({name: Array(change(array.numpy())) for name, array in trained.items()})
        return reply

    return fault


def claims(**words: int | float | str) -> Fault:
    """The site says something else about its update than what is true, for instance ``training_cells=-5``."""

    def fault(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        reply.content["head"] = ConfigRecord({**reply.content.config_records["head"], **words})
        return reply

    return fault


class Replays:
    """The site answers every task with what it answered to the first of its kind."""

    def __init__(self) -> None:
        self._first: dict[str, Message] = {}

    def __call__(self, task: Message, ask: Ask) -> Message:
        """The first answer again, addressed as an answer to this task."""
        kind = task.metadata.message_type
        first = self._first.setdefault(kind, ask(task))
        return Message(first.content, reply_to=task)


def only(fault: Fault, *, kinds: Collection[str] = ("train",), rounds: Collection[int] | None = None) -> Fault:
    """The fault in these kinds of task and rounds; otherwise the site is well. ``rounds`` None: in all."""

    def sometimes(task: Message, ask: Ask) -> Message | Delayed | None:
        in_round = rounds is None or task.metadata.group_id in {str(number) for number in rounds}
        return (fault if task.metadata.message_type in kinds and in_round else answers)(task, ask)

    return sometimes
