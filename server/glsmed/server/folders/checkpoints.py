"""One safetensors file per round; each is complete or absent."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.server.folders.model_file import ModelFile, write_arrays, write_model
from glsmed.shared.errors import FederationError, WireError
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Arrays, ModelLayout

Stretches = Mapping[str, Iterable[NDArray[np.generic]]]

_NAME = re.compile(r"round-(\d{4,})\.safetensors")
_OF_A_ROUND = re.compile(r"round-(\d{4,})\..*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The model after a round; ``sites`` are those whose updates counted, with their training cells."""

    round: int
    study_digest: str
    sites: Mapping[str, int]
    model: ModelFile


class CheckpointFolder:
    """The checkpoints of one run; round 0 is the model that the study begins with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, round_number: int) -> Path:
        """Where the checkpoint of a round is or would be."""
        return self.folder / f"round-{round_number:04d}.safetensors"

    def rounds(self) -> list[int]:
        """The rounds that have a checkpoint, in order."""
        names = (_NAME.fullmatch(path.name) for path in self.folder.glob("round-*.safetensors"))
        return sorted(int(name.group(1)) for name in names if name)

    def latest(self) -> int | None:
        """The highest round that has a checkpoint."""
        return max(self.rounds(), default=None)

    def digest(self, round_number: int) -> str:
        """SHA-256 of the file of a round, as 64 hexadecimal digits."""
        with self.path(round_number).open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()

    def begin(self, arrays: Arrays, *, study_digest: str) -> Checkpoint:
        """Write the model that the study begins with.

        Raises:
            FederationError: the disk is full or cannot be written.
        """
        path, layout = self.path(0), ModelLayout(ModelManifest.of_arrays(arrays))
        with _writing(path):
            model = write_arrays(path, arrays, layout, _metadata(0, study_digest, {}))
        return Checkpoint(0, study_digest, {}, model)

    def save(
        self,
        round_number: int,
        stretches: Stretches,
        layout: ModelLayout,
        *,
        study_digest: str,
        sites: Mapping[str, int],
    ) -> Checkpoint:
        """Write the model after a round from stretches of its buffers.

        Raises:
            FederationError: the disk is full or cannot be written; earlier checkpoints are unchanged.
        """
        path = self.path(round_number)
        with _writing(path):
            model = write_model(path, layout, stretches, _metadata(round_number, study_digest, sites))
        return Checkpoint(round_number, study_digest, sites, model)

    def load(self, round_number: int, *, study_digests: Collection[str]) -> Checkpoint:
        """The checkpoint of a round.

        Args:
            round_number: which.
            study_digests: of the study, and of those that it goes on from.

        Raises:
            FederationError: it is not there, damaged, or of another study.
        """
        path = self.path(round_number)
        if not path.is_file():
            kept = ", ".join(map(str, self.rounds())) or "none"
            raise FederationError(f"{path} is missing: there is no such checkpoint; of rounds there are {kept}")
        with _reading(path):
            model = ModelFile.open(path)
            found, sites = model.metadata["study_digest"], json.loads(model.metadata["sites"])
        _check_study(path, found, study_digests)
        return Checkpoint(round_number, found, sites, model)

    def require_study(self, study_digests: Collection[str]) -> None:
        """Raise if the last checkpoint is damaged or of another study; no checkpoint is fine.

        Raises:
            FederationError: it is damaged, or of another study.
        """
        latest = self.latest()
        if latest is not None:
            self.load(latest, study_digests=study_digests)

    def before(self, round_number: int) -> int:
        """The highest round below this one that has a checkpoint."""
        return max((number for number in self.rounds() if number < round_number), default=0)

    def set_aside(self, round_number: int) -> None:
        """Move the files of a round to ``quarantined``: no run begins with them, and a person can look at them.

        Raises:
            FederationError: they cannot be moved.
        """
        aside = self.folder / "quarantined"
        with _writing(aside):
            aside.mkdir(exist_ok=True)
            for path in sorted(self.folder.glob(f"round-{round_number:04d}.*")):
                path.replace(aside / path.name)

    def prune(self, keep: Collection[int]) -> None:
        """Remove the files of all other rounds."""
        for path in self.folder.glob("round-*"):
            name = _OF_A_ROUND.fullmatch(path.name)
            if name and int(name.group(1)) not in keep:
                path.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FederationError(
            f"{path} cannot be written ({error}): make room and start again; earlier checkpoints are unchanged"
        ) from None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, WireError) as error:
        raise FederationError(
            f"{path} is damaged ({error}): remove it and those of later rounds to continue from the round before"
        ) from None


def _check_study(path: Path, found: str, expected: Collection[str]) -> None:
    if found not in expected:
        shown = ", ".join(f"{digest[:12]}…" for digest in expected)
        raise FederationError(
            f"{path} is of another study (sha256 {found[:12]}…, this one {shown}): study.yaml was changed "
            "after the run began; undo the change, or move the run folder away to start again"
        )


def _metadata(round_number: int, study_digest: str, sites: Mapping[str, int]) -> dict[str, str]:
    return {
        "format": "glsmed-checkpoint-2",
        "round": str(round_number),
        "study_digest": study_digest,
        "sites": json.dumps(dict(sites), sort_keys=True),
    }
