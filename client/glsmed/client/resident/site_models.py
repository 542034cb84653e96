"""The models that a site holds, by digest, and the update that it makes of one.

A site holds the model of the last request and the best so far, so that the centre need not send either again. The
first model of a study follows from study.yaml: every site makes it itself.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from flwr.app import Array
from numpy.typing import NDArray

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import MismatchError, UnknownModelError, WireError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes
from glsmed.shared.protocol.messages import EvaluateTask, TrainTask, require_same
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.model_form import ModelForm, item_bytes
from glsmed.shared.wire.packed_model import (
    FLOAT,
    PACKED,
    Arrays,
    Buffers,
    ModelLayout,
    Packed,
    as_array,
    bytes_of,
    packed_digest,
)

Floats = NDArray[np.float32]
Admit = Callable[[Buffers], None]


class SiteModels:
    """The models of one site in one study.

    Attributes:
        first_digest: of the model that the study begins with.

    Args:
        state: the site's state folder.
        study: says in which precision models travel.
        first: the arrays of the model that the study begins with.
    """

    def __init__(self, state: StateFolder, study: Study, layout: ModelLayout, first: Arrays) -> None:
        self._folder = state.models(study.digest())
        self.layout = layout
        self._has_control = study.training.control_variates
        self._others = {dtype: count for dtype, count in layout.lengths.items() if dtype != FLOAT}
        self._down = ModelForm.down(layout, study.federation.precision)
        self.up = ModelForm.up(layout, study.federation.precision)
        packed = self._down.encode(layout.pack(first))
        self.first_digest = packed_digest(packed)
        self._keep(self.first_digest, packed)

    def take(self, task: TrainTask | EvaluateTask, *, admit: Admit, also_kept: str = "") -> Buffers:
        """The model that a request is about, which the site holds from now on.

        Args:
            task: the request.
            admit: raises if the site does not answer about this model, which is then not kept.
            also_kept: digest of a further model that stays.

        Raises:
            UnknownModelError: the request names a model that the site does not hold.
            WireError: the request's model is not the study's, or not the one that it names.
            OSError: the disk is full.
        """
        buffers = self._checked(task.model, task.model_digest) if task.model else self.held(task.model_digest)
        admit(buffers)
        if task.model:
            self._keep(task.model_digest, task.model)
        self._forget_all_but(task.model_digest, task.keep_digest, also_kept)
        return buffers

    def look_at(self, task: EvaluateTask) -> Buffers:
        """The model of another site that a request brings; it is not kept, and what the site holds stays.

        Raises:
            WireError: the request's model is not the study's, or not the one that it names.
        """
        return self._checked(task.model, task.model_digest)

    def _checked(self, packed: Packed, digest: str) -> Buffers:
        self._down.check(packed)
        require_same("digest", expected=digest, got=packed_digest(packed))
        buffers = self._down.decode(packed)
        if not np.isfinite(buffers.get(FLOAT, np.zeros(1))).all():
            raise WireError("record 'model': it holds values that are not finite")
        return buffers

    def as_it_travels(self, arrays: Arrays) -> Buffers:
        """Arrays as a site sees them that gets them from the centre."""
        return self._down.decode(self._down.encode(self.layout.pack(arrays)))

    def control(self, task: TrainTask) -> Arrays | None:
        """The centre's control variate by name of array, zeros before the first round; None where the study has none.

        Raises:
            WireError: it is not of the study's layout.
        """
        if not self._has_control:
            return None
        if not task.control:
            zeros = {dtype: np.zeros(count, dtype=dtype) for dtype, count in self.layout.lengths.items()}
            return self.layout.unpack(zeros)
        form = ModelForm(self.layout, "model", "fp32")
        whole = {**{name: as_array(np.zeros(count, name)) for name, count in self._others.items()}, **task.control}
        form.check(whole)
        return self.layout.unpack(form.decode(whole))

    def update(self, before: Buffers, after: Arrays, *, round_number: int) -> Packed:
        """What is sent back of a trained model: the model or its change, in the study's precision.

        Args:
            before: as :meth:`take` returned it.
            after: the trained model's arrays.
            round_number: with int8, what rounding lost in earlier rounds is added.

        Raises:
            WireError: the arrays are not those of the study's model, or not finite.
            OSError: the disk is full.
        """
        trained = self.layout.pack(after)
        if self.up.kind == "model":
            return self.up.encode(trained)
        change: Floats = trained[FLOAT].astype(np.float32) - before[FLOAT].astype(np.float32)
        if self.up.precision != "int8":
            return self.up.encode({**trained, FLOAT: change})
        wanted = change + self._lost_before(round_number, change.size)
        packed = self.up.encode({**trained, FLOAT: wanted})
        sent = self.up.decode(packed)[FLOAT].astype(np.float32)
        self._keep_lost(round_number, wanted - sent)
        return packed

    def change(self, before: Buffers, after: Arrays) -> Floats:
        """``(N,)`` what training changed of a model's floats.

        Args:
            before: as :meth:`take` returned it.
            after: the trained model's arrays.

        Raises:
            WireError: the arrays are not those of the study's model, or not finite.
        """
        trained = self.layout.pack(after)
        return trained[FLOAT].astype(np.float32) - before[FLOAT].astype(np.float32)

    def held(self, digest: str) -> Buffers:
        """A model that the site holds; one that a power cut has damaged is held no longer.

        Raises:
            UnknownModelError: the site does not hold it.
        """
        path = self._path(digest)
        try:
            return self._checked(self._read(path), digest)
        except (FileNotFoundError, WireError, MismatchError):
            path.unlink(missing_ok=True)
            raise UnknownModelError(f"this site does not hold the model {digest[:12]}…") from None

    def _read(self, path: Path) -> Packed:
        content, packed, start = path.read_bytes(), {}, 0
        for name, (dtype, count) in sorted(self._down.buffers().items()):
            end = start + count * item_bytes(dtype)
            packed[name] = Array(dtype, (count,), PACKED, content[start:end])
            start = end
        return packed

    def _keep(self, digest: str, packed: Packed) -> None:
        content = b"".join(_content(packed, name) for name in sorted(packed))
        # not flushed: it can be asked for again, and its digest tells a damaged one
        write_bytes(self._path(digest), content, mode=PRIVATE_FILE, flush=False)

    def _forget_all_but(self, *digests: str) -> None:
        kept = {self._path(digest) for digest in digests if digest}
        for path in self._folder.glob("*.model"):
            if path not in kept:
                path.unlink()

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.model"

    def _lost_before(self, round_number: int, count: int) -> Floats:
        """What rounding lost up to the round before; a round that is repeated adds the same again."""
        earlier = [number for number in self._rounds_with_lost() if number < round_number]
        if not earlier:
            return np.zeros(count, dtype=np.float32)
        return np.fromfile(self._lost_path(max(earlier)), dtype=np.float32)

    def _keep_lost(self, round_number: int, lost: Floats) -> None:
        write_bytes(self._lost_path(round_number), lost.tobytes(), mode=PRIVATE_FILE)
        for number in sorted(self._rounds_with_lost())[:-2]:
            self._lost_path(number).unlink()

    def _rounds_with_lost(self) -> list[int]:
        return [int(path.stem) for path in self._folder.glob("*.lost")]

    def _lost_path(self, round_number: int) -> Path:
        return self._folder / f"{round_number}.lost"


def _content(packed: Packed, name: str) -> bytes:
    source = bytes_of(packed[name])
    return source.read(0, source.nbytes)
