"""An archive's images into a folder: only what is missing, each file whole or absent."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.imports.image_record import Skipped
from glsmed.client.imports.images.retrieval.archive import Archive, ArchiveError, ArchiveQuery, Fetched, RemoteInstance
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER, write_bytes
from glsmed.site_adapters.inputs.progress import track

_LEFT_BY_A_KILL = ".*.dcm.*"  # the names of atomic_replace


@dataclass(frozen=True, slots=True)
class Download:
    """What :func:`download` did.

    Attributes:
        paths: every file that the query asks for and that is there now, in the archive's order.
        fetched: how many of them are new.
        failed: the files that the archive did not give, with its reason.
    """

    paths: tuple[Path, ...]
    fetched: int
    failed: tuple[Skipped, ...]


def download(archive: Archive, query: ArchiveQuery, destination: Path) -> Download:
    """Fetch what ``destination`` lacks, as ``study/series/instance.dcm``; a second call goes on where one ended.

    Raises:
        ArchiveError: the archive can no longer be asked; says how far it came.
        DataError: ``destination`` cannot be written.
    """
    _prepare(destination)
    listed = list(dict.fromkeys(track(archive.search(query), description="asking the archive")))
    missing = [instance for instance in listed if not _path(destination, instance).is_file()]
    failed: list[Skipped] = []
    try:
        for answer in track(archive.fetch(missing), description="fetching images", total=len(missing)):
            failed += _keep(answer, destination)
    except ArchiveError as error:
        raise ArchiveError(f"{error}; {_how_far(listed, destination)}: start again for the others") from None
    paths = tuple(path for instance in listed if (path := _path(destination, instance)).is_file())
    return Download(paths, len(missing) - len(failed), tuple(failed))


def _prepare(destination: Path) -> None:
    """Make the folder, its owner's alone, and clear away what a killed call left half written."""
    try:
        destination.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for half in destination.glob(f"*/*/{_LEFT_BY_A_KILL}"):
            half.unlink()
    except OSError as error:
        raise DataError(f"{destination}: cannot hold the images: {error.strerror}") from None


def _path(destination: Path, instance: RemoteInstance) -> Path:
    return destination / instance.study_uid / instance.series_uid / f"{instance.instance_uid}.dcm"


def _keep(answer: Fetched, destination: Path) -> list[Skipped]:
    path = _path(destination, answer.instance)
    if answer.fault:
        return [Skipped(path, answer.fault)]
    try:
        write_bytes(path, answer.content, mode=PRIVATE_FILE)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}") from None
    return []


def _how_far(listed: Sequence[RemoteInstance], destination: Path) -> str:
    there = sum(_path(destination, instance).is_file() for instance in listed)
    return f"{there} of {len(listed)} images are there"
