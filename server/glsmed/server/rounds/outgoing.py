"""Models on their way to the sites: in the study's precision, and which site is believed to have which."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.server.flower.model_arrays import FileArray
from glsmed.server.folders.checkpoints import Checkpoint
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.updates.checked_update import BLOCK
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.wire.model_form import FloatSource, ModelForm
from glsmed.shared.wire.packed_model import FLOAT, PACKED, Packed, packed_digest
from glsmed.shared.wire.precision import Precision, to_bf16


@dataclass(frozen=True, slots=True)
class OutgoingModel:
    """A model as it travels: its buffers, whose bytes lie in a file, and their digest."""

    form: ModelForm
    packed: Packed
    digest: str

    def floats(self) -> FloatSource:
        """Its floats as the sites see them."""
        return FloatSource.of(self.form, self.packed)


class OutgoingModels:
    """Brings checkpoints into the form in which they travel.

    Every site can make the model that the study begins with, so all are believed to have it.

    Args:
        folder: for models in another precision than the checkpoints'.
    """

    def __init__(self, folder: Path, precision: Precision) -> None:
        self._folder = folder
        self._precision = precision
        self._last: tuple[Path, OutgoingModel] | None = None
        self._held: dict[str, frozenset[str]] = {}
        self._digests: dict[int, str] = {}

    def outgoing(self, checkpoint: Checkpoint) -> OutgoingModel:
        """A checkpoint as it travels.

        Raises:
            FederationError: the disk is full.
        """
        model = checkpoint.model
        if self._last is None or self._last[0] != model.path:
            rounded = self._folder / f"outgoing-{checkpoint.round:04d}.bin"
            self._last = model.path, as_it_travels(model, self._precision, rounded=rounded)
            for old in self._folder.glob("outgoing-*.bin"):
                if old != rounded:
                    old.unlink()
        self._digests[checkpoint.round] = self._last[1].digest
        return self._last[1]

    def digest(self, round_number: int) -> str:
        """The digest of a round's model as it travelled; empty if it did not since this process began."""
        return self._digests.get(round_number, "")

    def holders(self, sites: Collection[str], digest: str) -> frozenset[str]:
        """Those of the sites that are believed to have the model."""
        first = frozenset({self.digest(0)})
        return frozenset(site for site in sites if digest in self._held.get(site, first))

    def now_held(self, sites: Collection[str], *digests: str) -> None:
        """Believe that each of these sites has these models, and no others."""
        self._held.update(dict.fromkeys(sites, frozenset(digests)))


def as_it_travels(model: ModelFile, precision: Precision, *, rounded: Path) -> OutgoingModel:
    """A model as it travels in a study of this precision.

    Args:
        model: in full precision.
        precision: of the study.
        rounded: the file for its floats, where they are rounded on their way.

    Raises:
        FederationError: the disk is full.
    """
    form = ModelForm.down(model.layout, precision)
    if form.precision == "fp32":
        return OutgoingModel(form, model.packed(), model.digest)
    packed = {**model.packed(), FLOAT: _rounded(model.floats(), rounded)}
    return OutgoingModel(form, packed, packed_digest(packed))


def _rounded(floats: FloatSource, path: Path) -> FileArray:
    try:
        with atomic_replace(path) as temporary, temporary.open("wb") as output:
            for values in _stretches(floats):
                output.write(values.tobytes())
    except OSError as error:
        raise FederationError(f"{path} cannot be written ({error}): make room and start again") from None
    return FileArray(path, offset=0, nbytes=2 * floats.count, dtype="bfloat16", shape=(floats.count,), stype=PACKED)


def _stretches(floats: FloatSource) -> Iterator[NDArray[np.uint16]]:
    for start in range(0, floats.count, BLOCK):
        yield to_bf16(floats.read(start, min(start + BLOCK, floats.count)))
