"""Looks at what a command is to write before it works for hours: can it be written, and does it spare what is read?"""

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from glsmed.shared.errors import UsageError


def check_output_files(files: Sequence[Path], *, kept: Collection[Path] = ()) -> None:
    """Look at files that are to be written; what is there already may be replaced.

    Args:
        files: each another file.
        kept: files that must stay, such as what the command reads.

    Raises:
        UsageError: one is a folder, must stay or is named twice, or nothing can be written where it is to lie.
    """
    seen = {path.resolve(): "the command reads it" for path in kept if not path.is_dir()}
    for path in files:
        if path.is_dir():
            raise UsageError(f"{path}: expected the name of a file to write, got a folder")
        if reason := seen.get(path.resolve()):
            raise UsageError(f"{path}: must not be written over: {reason}; choose another name")
        seen[path.resolve()] = "another file of this command is to have this name"
        _check_writable(path)


def check_output_folders(folders: Sequence[Path], *, read: Collection[Path] = ()) -> None:
    """Look at folders that files are to be written into.

    Args:
        folders: they need not be there yet.
        read: files or folders that the command reads; what it writes must not lie among them.

    Raises:
        UsageError: one is a file, lies among what is read, or nothing can be written there.
    """
    sources = [path.resolve() for path in read if path.is_dir()]
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: expected a folder to write into, got a file")
        if any(folder.resolve().is_relative_to(source) for source in sources):
            raise UsageError(
                f"{folder}: lies in the folder that is read, so it would be read next time: choose another"
            )
        _check_writable(folder / "any")


def _check_writable(path: Path) -> None:
    """Raise UsageError unless a file can be made in the nearest folder that is there already."""
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {nearest}: {error.strerror}") from None
