"""Progress of long work: a bar on a terminal, otherwise a line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

ItemT = TypeVar("ItemT")

EVERY_SECONDS = 10.0


def track(items: Iterable[ItemT], *, description: str, total: int | None = None) -> Iterator[ItemT]:
    """The items as they are, while standard error shows how far it is."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        yield from rich_track(items, description=description, total=total, console=Console(stderr=True), transient=True)
    else:
        yield from _with_lines(items, description, total)


def _with_lines(items: Iterable[ItemT], description: str, total: int | None) -> Iterator[ItemT]:
    due = time.monotonic() + EVERY_SECONDS
    for done, item in enumerate(items):
        if time.monotonic() >= due:
            share = f"{done}/{total}" if total is not None else str(done)
            sys.stderr.write(f"{description}: {share}\n")
            due = time.monotonic() + EVERY_SECONDS
        yield item
