"""The arrays that an aggregation rule keeps from round to round, as files beside the checkpoints.

Each is ``round-0007.<name>.f32``: float32 values without a header, complete before the checkpoint of the round is.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from glsmed.server.flower.model_arrays import FileArray
from glsmed.server.folders.checkpoints import Checkpoint
from glsmed.shared.protocol.packed_model import FLOAT, PACKED, Packed

Floats = NDArray[np.float32]


class RuleState:
    """The arrays of one round, and those of the next while they are written; used in a ``with`` statement.

    Args:
        folder: where the checkpoints are.
        fills: of each array, what it is filled with before its first round.
        after: the round whose arrays are read.
        to: the round whose arrays are written.
        count: values in each.

    Raises:
        OSError: from :meth:`write` and :meth:`finish`: the disk is full; the earlier arrays are unchanged.
    """

    def __init__(self, folder: Path, fills: Mapping[str, float], *, after: int, to: int, count: int) -> None:
        self._folder = folder
        self._fills = fills
        self._after = after
        self._to = to
        self._count = count
        self._outputs: dict[str, BinaryIO] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for name in self._fills:
            self._outputs[name] = self._stack.enter_context(self._temporary(name).open("wb"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        for name in self._fills:
            self._temporary(name).unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the arrays of the next round in their place; call it before the checkpoint is complete."""
        for name, output in self._outputs.items():
            output.flush()
            os.fsync(output.fileno())
            self._temporary(name).replace(state_file(self._folder, self._to, name))

    def read(self, start: int, stop: int) -> Mapping[str, Floats]:
        """``(stop - start,)`` of each array, which the caller may change."""
        return {name: self._values(name, start, stop) for name in self._fills}

    def write(self, values: Mapping[str, Floats]) -> None:
        """Append a stretch of each array of the next round."""
        for name, output in self._outputs.items():
            output.write(values[name].tobytes())

    def _values(self, name: str, start: int, stop: int) -> Floats:
        path = state_file(self._folder, self._after, name)
        if not path.is_file():
            return np.full(stop - start, self._fills[name], dtype=np.float32)
        return np.fromfile(path, dtype=np.float32, count=stop - start, offset=4 * start)

    def _temporary(self, name: str) -> Path:
        return self._folder / f".{name}.new"


def state_file(folder: Path, round_number: int, name: str) -> Path:
    """Where an array of a round is."""
    return folder / f"round-{round_number:04d}.{name}.f32"


def sent_state(folder: Path, names: Sequence[str], base: Checkpoint) -> Packed:
    """The array of the rule's state that goes to the sites, where the rule has one; nothing before the first round."""
    paths = [state_file(folder, base.round, name) for name in names]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return {}
    count = base.model.layout.lengths[FLOAT]
    return {FLOAT: FileArray(path, offset=0, nbytes=4 * count, dtype=FLOAT, shape=(count,), stype=PACKED)}
