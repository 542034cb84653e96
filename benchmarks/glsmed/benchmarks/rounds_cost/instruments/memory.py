"""Memory of a process and everything that it started, sampled while it works (Linux).

PSS (proportional set size) shares each page among the processes that map it, so a sum over processes counts no page
twice. Pages of files that a process maps are in it; the page cache beside them is not.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SAMPLE_SECONDS = 0.05
_PROC = Path("/proc")
_KIB = 1024
_PARTS = {"Pss": "total", "Pss_Anon": "anonymous", "Pss_File": "files", "Pss_Shmem": "shared"}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of all processes at one moment."""

    at: float
    total: int = 0
    anonymous: int = 0
    files: int = 0
    shared: int = 0


def process_tree(root: int) -> Iterator[int]:
    """The process and everything that it started, as far as it still runs."""
    yield root
    for children in (_PROC / str(root) / "task").glob("*/children"):
        try:
            started = children.read_text(encoding="ascii").split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has just ended
        for child in started:
            yield from process_tree(int(child))


def memory_of(root: int) -> Memory:
    """The memory of a process and everything that it started, now."""
    sums = dict.fromkeys(_PARTS.values(), 0)
    for process in process_tree(root):
        for part, size in _rollup(process):
            sums[part] += size
    return Memory(time.time(), **sums)


def _rollup(process: int) -> Iterator[tuple[str, int]]:
    """The sums over all mappings of a process; nothing for one that has just ended."""
    try:
        lines = (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return
    for line in lines:
        name, _, size = line.partition(":")
        if name in _PARTS:
            yield _PARTS[name], int(size.split()[0]) * _KIB


class MemorySampler:
    """Samples a process and everything that it started every 50 ms while the block runs."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="memory-sampler", daemon=True)
        self.samples: list[Memory] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def peak(self) -> Memory:
        """The sample with the most memory; of nothing, if no sample was taken."""
        return max(self.samples, key=lambda sample: sample.total, default=Memory(0.0))

    def _work(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.samples.append(memory_of(self._root))
