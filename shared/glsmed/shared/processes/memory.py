"""Memory of a process that handles large things now and then."""

import ctypes
from contextlib import suppress


def give_memory_back() -> None:
    """Return freed memory to the system; glibc keeps it otherwise. Other C libraries are left as they are."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
