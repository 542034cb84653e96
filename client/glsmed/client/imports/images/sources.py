"""The two ways images come in, each as records and a list of every file that was skipped."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.imports.image_record import FoundImages
from glsmed.client.imports.images.folder import images_at, images_in_folder
from glsmed.client.imports.images.retrieval.address import WebAddress, parse_address
from glsmed.client.imports.images.retrieval.archive import Archive, ArchiveQuery
from glsmed.client.imports.images.retrieval.credentials import credentials_from
from glsmed.client.imports.images.retrieval.dicomweb import WebArchive
from glsmed.client.imports.images.retrieval.dimse import OWN_TITLE, DimseArchive
from glsmed.client.imports.images.retrieval.download import download


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How this site presents itself to an archive.

    Attributes:
        own_title: this site's AE title, for ``dicom://``.
        ca_certificate: the authority of the archive's certificate, for ``https://``; None: those of this machine.
        environment: where GLSMED_PACS_TOKEN, GLSMED_PACS_USER and GLSMED_PACS_PASSWORD are; None: this process's.
    """

    own_title: str = OWN_TITLE
    ca_certificate: Path | None = None
    environment: Mapping[str, str] | None = None


def images_from_folder(folder: Path, *, names: re.Pattern[str] | None = None) -> FoundImages:
    """The images below ``folder`` or named by a DICOMDIR: see :func:`folder.images_in_folder`."""
    return images_in_folder(folder, names=names)


def images_from_pacs(
    address: str, destination: Path, *, query: ArchiveQuery | None = None, connection: Connection | None = None
) -> FoundImages:
    """The images that fit the query, fetched into ``destination`` where they are not there yet.

    Args:
        address: ``https://host/dicom-web`` or ``dicom://AET@host:port``.
        destination: a folder at this site; files of earlier queries in it are left alone and not returned.
        query: what to ask the archive for; None: everything.
        connection: how this site presents itself.

    Raises:
        UsageError: the address, an AE title or the credentials cannot be right.
        ArchiveError: the archive refuses or does not answer; what was fetched so far stays.
        DataError: ``destination`` cannot be written.
    """
    archive = open_archive(address, connection or Connection())
    done = download(archive, query or ArchiveQuery(), destination)
    found = images_at(done.paths)
    return FoundImages(found.records, [*done.failed, *found.skipped])


def open_archive(address: str, connection: Connection) -> Archive:
    """The archive at ``address``; nothing is sent yet.

    Raises:
        UsageError: the address, an AE title or the credentials cannot be right.
    """
    parsed = parse_address(address)
    if not isinstance(parsed, WebAddress):
        return DimseArchive(parsed, own_title=connection.own_title)
    environment = os.environ if connection.environment is None else connection.environment
    return WebArchive(parsed, credentials=credentials_from(environment), ca_certificate=connection.ca_certificate)
