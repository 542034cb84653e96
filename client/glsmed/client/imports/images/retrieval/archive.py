"""What fetching needs of an archive, whichever way it speaks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Protocol

from glsmed.shared.errors import GlsmedError, UsageError

_FILE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")  # a little more than DICOM allows, as scanners do


class ArchiveError(GlsmedError):
    """The archive refused, did not answer, or answered what is not DICOM; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveQuery:
    """What to fetch; the header filters of ``selection`` come after.

    Attributes:
        modalities: of the series, for instance CR, DX; without any, all that hold images.
        first_day: of the examination.
        last_day: of the examination, included.
        patient_ids: only these patients.
        accession_numbers: only these examinations.
    """

    modalities: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    patient_ids: tuple[str, ...] = ()
    accession_numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise UsageError(f"days: expected the first before the last, got {self.first_day} and {self.last_day}")

    def study_filters(self) -> Iterator[dict[str, str]]:
        """DICOM keywords and values of the study queries to ask, one after the other.

        One query a day where both days are known: archives cut long answers short without a word, often at 500.
        One query a modality, since few archives take a list of them.
        """
        asked = product(
            self.accession_numbers or ("",), self.patient_ids or ("",), self.modalities or ("",), self._days()
        )
        for number, patient, modality, days in asked:
            keys = {"AccessionNumber": number, "PatientID": patient, "ModalitiesInStudy": modality.upper()}
            yield {keyword: value for keyword, value in {**keys, "StudyDate": days}.items() if value}

    def wants_modality(self, modality: str) -> bool:
        """Whether series of this modality are asked for; the archive's own filter is by examination."""
        return not self.modalities or modality.upper() in {word.upper() for word in self.modalities}

    def _days(self) -> Iterator[str]:
        first, last = self.first_day, self.last_day
        if first is None or last is None:
            low, high = (f"{day:%Y%m%d}" if day else "" for day in (first, last))
            yield f"{low}-{high}" if first or last else ""
            return
        for number in range((last - first).days + 1):
            yield f"{first + timedelta(days=number):%Y%m%d}"


@dataclass(frozen=True, slots=True)
class RemoteInstance:
    """One image in the archive, by its three identifiers.

    Raises:
        ArchiveError: one of them cannot be the name of a file.
    """

    study_uid: str
    series_uid: str
    instance_uid: str

    def __post_init__(self) -> None:
        for uid in (self.study_uid, self.series_uid, self.instance_uid):
            if not _FILE_NAME.fullmatch(uid):
                raise ArchiveError(f"the archive names {uid!r}, which is not a DICOM identifier")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer for one image: ``content`` is a DICOM file with its preamble, or empty with a ``fault`` in words."""

    instance: RemoteInstance
    content: bytes = b""
    fault: str = ""


class Archive(Protocol):
    """A hospital's archive, asked and never changed."""

    def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        """The images that fit, each once.

        Raises:
            ArchiveError: it cannot be asked.
        """
        ...

    def fetch(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        """An answer for each image, in the same order.

        Raises:
            ArchiveError: the archive can no longer be asked.
        """
        ...
