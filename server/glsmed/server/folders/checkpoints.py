"""One safetensors file per round; each is complete or absent."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from glsmed.shared.errors import FederationError, WireError
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.protocol.messages import Arrays
from glsmed.shared.protocol.model_manifest import ModelManifest

_NAME = re.compile(r"round-(\d{4,})\.safetensors")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The model after a round; ``sites`` are those whose updates counted, with their training cells."""

    round: int
    study_digest: str
    manifest_digest: str
    sites: Mapping[str, int]
    model: Arrays


class CheckpointFolder:
    """The checkpoints of one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, round_number: int) -> Path:
        """Where the checkpoint of a round is or would be."""
        return self._folder / f"round-{round_number:04d}.safetensors"

    def latest(self) -> int | None:
        """The highest round that has a checkpoint."""
        names = (_NAME.fullmatch(path.name) for path in self._folder.glob("round-*.safetensors"))
        return max((int(name.group(1)) for name in names if name), default=None)

    def digest(self, round_number: int) -> str:
        """SHA-256 of the file of a round, as 64 hexadecimal digits."""
        with self.path(round_number).open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint beside the others.

        Raises:
            FederationError: the disk is full or cannot be written; earlier checkpoints are unchanged.
        """
        path = self.path(checkpoint.round)
        arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.model.items()}
        try:
            with atomic_replace(path) as temporary:
                save_file(arrays, temporary, metadata=_metadata(checkpoint))
        except (OSError, SafetensorError) as error:
            raise FederationError(
                f"{path} cannot be written ({error}): make room and start again; earlier checkpoints are unchanged"
            ) from None

    def load(self, round_number: int, manifest: ModelManifest, *, study_digest: str) -> Checkpoint:
        """The checkpoint of a round, its arrays in the model manifest's order.

        Raises:
            FederationError: it is damaged, or of another study.
        """
        path = self.path(round_number)
        with _reading(path), safe_open(path, framework="numpy") as source:
            metadata = source.metadata() or {}
            _check_study(path, metadata["study_digest"], study_digest)
            checkpoint = _checkpoint(metadata, {spec.name: source.get_tensor(spec.name) for spec in manifest.arrays})
            manifest.check(checkpoint.model)
        return checkpoint

    def require_study(self, study_digest: str) -> None:
        """Raise if the last checkpoint is damaged or of another study; no checkpoint is fine.

        Raises:
            FederationError: it is damaged, or of another study.
        """
        latest = self.latest()
        if latest is None:
            return
        path = self.path(latest)
        with _reading(path), safe_open(path, framework="numpy") as source:
            _check_study(path, (source.metadata() or {})["study_digest"], study_digest)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, ValueError, KeyError, WireError) as error:
        raise FederationError(
            f"{path} is damaged ({error}): remove it and those of later rounds to continue from the round before"
        ) from None


def _check_study(path: Path, found: str, expected: str) -> None:
    if found != expected:
        raise FederationError(
            f"{path} is of another study (sha256 {found[:12]}…, this one {expected[:12]}…): study.yaml was changed "
            "after the run began; undo the change, or move the run folder away to start again"
        )


def _metadata(checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "format": "glsmed-checkpoint-1",
        "round": str(checkpoint.round),
        "study_digest": checkpoint.study_digest,
        "manifest_digest": checkpoint.manifest_digest,
        "sites": json.dumps(dict(checkpoint.sites), sort_keys=True),
    }


def _checkpoint(metadata: Mapping[str, str], model: Arrays) -> Checkpoint:
    return Checkpoint(
        round=int(metadata["round"]),
        study_digest=metadata["study_digest"],
        manifest_digest=metadata["manifest_digest"],
        sites=json.loads(metadata["sites"]),
        model=model,
    )
