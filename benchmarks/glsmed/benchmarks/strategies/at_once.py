"""Several trainings at once, each in a process of its own."""

import logging
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

import torch

from glsmed.shared.processes.children import end_with_pool
from glsmed.shared.processes.logs import configure_logging


@contextmanager
def training_processes(at_once: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each with one thread; they end with the block, and with this process, however it ends.

    What was asked for and has not begun when the block is left is dropped. What has begun is waited for, unless an
    error, Ctrl-C or SIGTERM ends the block: a training may take many minutes.
    """
    before = set(multiprocessing.active_children())
    with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn"), _begin) as processes:
        try:
            yield processes
        except BaseException:
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            raise
        finally:
            processes.shutdown(cancel_futures=True)


def _begin() -> None:
    end_with_pool()
    torch.set_num_threads(1)
    configure_logging(level=logging.WARNING)
