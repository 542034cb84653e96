import gc
import sys
from pathlib import Path

import pytest

from glsmed.shared.processes.memory import give_memory_back, keep_out_of_collections

_PIECE_BYTES = 100_000  # below the size from which glibc gives memory back by itself


def _private_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and glibc are Linux's")
def test_freed_memory_goes_back_to_the_system() -> None:
    pieces = [bytes([number % 256]) * _PIECE_BYTES for number in range(2000)]
    kept = pieces[-1]
    full = _private_bytes()
    del pieces
    give_memory_back()
    assert full - _private_bytes() > 150 * _PIECE_BYTES * 10
    assert kept[0] == 1999 % 256


def test_what_was_loaded_is_left_out_of_later_collections() -> None:
    before = gc.get_freeze_count()
    try:
        keep_out_of_collections()
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
