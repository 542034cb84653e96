"""Arrays that a site keeps from round to round: one file after each round, complete or absent, for its owner only.

A round that is asked for again, after a kill or a missed quorum, starts from what was kept after the round before it,
and so ends as it did the first time.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, atomic_replace
from glsmed.shared.protocol.packed_model import Arrays

_NAME = re.compile(r"round-(\d{4,})\.safetensors")


class RoundArrays:
    """The files of one kind in one folder.

    Args:
        folder: see ``StateFolder.round_arrays``; made with the first file.
        keep: rounds of which the files stay; None for all.
    """

    def __init__(self, folder: Path, *, keep: int | None = None) -> None:
        self._folder = folder
        self._keep = keep

    def latest(self, *, at_most: int) -> dict[str, NDArray[np.generic]] | None:
        """The arrays after the last kept round up to this one; None where there is none.

        Raises:
            DataError: the file is damaged.
        """
        number = max((number for number in self._rounds() if number <= at_most), default=None)
        return None if number is None else _read(self._path(number))

    def save(self, round_number: int, arrays: Arrays) -> None:
        """Keep the arrays after a round; those of later rounds, which a centre took back, go.

        Raises:
            OSError: the disk is full; the files are as they were.
        """
        with atomic_replace(self._path(round_number)) as temporary:
            save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, temporary)
            temporary.chmod(PRIVATE_FILE)
        earlier = sorted((number for number in self._rounds() if number <= round_number), reverse=True)
        for number in set(self._rounds()) - set(earlier[: self._keep]):
            self._path(number).unlink()

    def _path(self, number: int) -> Path:
        return self._folder / f"round-{number:04d}.safetensors"

    def _rounds(self) -> Iterator[int]:
        names = (_NAME.fullmatch(path.name) for path in self._folder.glob("round-*.safetensors"))
        return (int(name.group(1)) for name in names if name)


def _read(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with safe_open(path, framework="numpy") as source:
            return {name: source.get_tensor(name) for name in source.keys()}  # noqa: SIM118  # it is no mapping
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} is damaged ({error}): remove it to go on with what was kept before") from None
