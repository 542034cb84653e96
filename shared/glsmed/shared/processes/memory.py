"""Memory of a process that handles large things now and then."""

import atexit
import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def give_memory_back() -> None:
    """Return freed memory to the system; glibc keeps it otherwise. Other C libraries are left as they are."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@contextmanager
def collections_paused() -> Iterator[None]:
    """No garbage collection within: for making very many objects that all stay, at which each search would look."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_out_of_collections() -> None:
    """Leave all that this process has loaded so far out of the garbage collector's later searches.

    A process that lives long holds hundreds of thousands of objects of its libraries, none of which will ever be
    garbage; each full search would look at all of them.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end they go like all others: some libraries complain of what is left
