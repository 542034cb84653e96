"""A copy of a study's initial weights beside a copy of its study.yaml."""

import shutil
from pathlib import Path

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.files.file_digest import file_digest
from glsmed.shared.protocol.network_settings import InitialWeights


def copy_weights(file: Path, folder: Path, weights: InitialWeights) -> None:
    """Copy the weights into a folder, if they are not there already; the copy is complete and right, or absent.

    Raises:
        DataError: the file is missing, or another one than the study names.
        OSError: the disk is full.
    """
    target = folder / weights.file
    if target.is_file() and file_digest(target) == weights.sha256:
        return
    if not file.is_file():
        raise DataError(f"{file}: no such file")
    with atomic_replace(target) as temporary:
        shutil.copyfile(file, temporary)
        got = file_digest(temporary)
        if got != weights.sha256:
            raise DataError(
                f"{file}: expected the initial weights with SHA-256 {weights.sha256[:12]}…, got {got[:12]}…: this is "
                "another file than the study names, or it was damaged on its way"
            )
