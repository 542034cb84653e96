"""A worker that runs, and how a failed one is told: the first failure counts, since the others only follow from it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from subprocess import TimeoutExpired

import torch

from glsmed.client.training.worker_pool.worker_messages import Failed, receive
from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.children import Child

_FINAL_MESSAGE_SECONDS = 1.0


class WorkerError(GlsmedError):
    """A training worker failed or ended."""


class WorkerMemoryError(GlsmedError):
    """A worker's device ran out of memory."""


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A running worker; errors call it by ``name``."""

    name: str
    child: Child
    channel: Connection


@dataclass(frozen=True, slots=True)
class Failure:
    """A worker that failed, with its final message; one that ended without any did so before the others noticed."""

    worker: RunningWorker
    message: Failed | None

    @property
    def at(self) -> float:
        """When it failed, to tell the first failure from those that it caused."""
        return 0.0 if self.message is None else self.message.at

    def error(self) -> GlsmedError:
        """The error to raise."""
        child = self.worker.child
        if self.message is None:
            with suppress(TimeoutExpired):  # its sockets are closed, so it is about to end
                child.process.wait(timeout=_FINAL_MESSAGE_SECONDS)
            status = child.process.returncode
            return WorkerError(
                f"{self.worker.name} ended with status {status}; the end of {child.log}:\n{child.log_tail()}"
            )
        if self.message.error == torch.OutOfMemoryError.__name__:
            return WorkerMemoryError(self.message.message)
        return WorkerError(
            f"{self.worker.name} failed: {self.message.error}: {self.message.message}; its log is {child.log}"
        )


def first_failure(seen: Failure, workers: Sequence[RunningWorker]) -> GlsmedError:
    """The error of the worker that failed first, among ``seen`` and what the others still say."""
    deadline = time.monotonic() + _FINAL_MESSAGE_SECONDS
    others = (worker for worker in workers if worker is not seen.worker)
    failures = [seen, *(failure for worker in others for failure in _final_messages(worker, deadline))]
    return min(failures, key=lambda failure: failure.at).error()


def _final_messages(worker: RunningWorker, deadline: float) -> Iterator[Failure]:
    """How the worker failed, if it does so before the deadline."""
    while worker.channel.poll(max(0.0, deadline - time.monotonic())):
        try:
            head, _ = receive(worker.channel)
        except (EOFError, OSError):
            yield Failure(worker, None)
            return
        if isinstance(head, Failed):
            yield Failure(worker, head)
            return
