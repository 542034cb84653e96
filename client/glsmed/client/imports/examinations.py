"""Images of one examination together, by what their headers share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from glsmed.client.data.patient_keys import patient_key
from glsmed.client.imports.image_record import ImageRecord


@dataclass(frozen=True, slots=True)
class Examination:
    """One examination as its images tell it.

    Attributes:
        key: names it in the manifest: its study UID, else accession number, else patient and day, else its file.
        images: at least one, in their order.
    """

    key: str
    images: tuple[ImageRecord, ...]

    @property
    def study_uid(self) -> str:
        """Blank where the headers do not say."""
        return self.images[0].study_uid

    @property
    def patient_id(self) -> str:
        """As the first image that has it writes it; blank where none does."""
        return next((image.patient_id for image in self.images if image.patient_id), "")

    @property
    def accession_numbers(self) -> tuple[str, ...]:
        """Every number that its images have."""
        return tuple(dict.fromkeys(image.accession_number for image in self.images if image.accession_number))

    @property
    def acquired_at(self) -> datetime | None:
        """When its first image was taken; None where no header says."""
        return min((image.acquired_at for image in self.images if image.acquired_at), default=None)


def examinations(images: Iterable[ImageRecord]) -> tuple[Sequence[Examination], Sequence[tuple[ImageRecord, str]]]:
    """The examinations in the order of their first images, and images that contradict each other, with why.

    Images of one key that name two patients are left out together: it is not known whose they are.
    """
    groups: dict[str, list[ImageRecord]] = {}
    for image in images:
        groups.setdefault(_key(image), []).append(image)
    whole: list[Examination] = []
    refused: list[tuple[ImageRecord, str]] = []
    for key, group in groups.items():
        patients = {patient_key(image.patient_id) for image in group if image.patient_id}
        if len(patients) > 1:
            named = ", ".join(sorted({image.patient_id for image in group}))
            refused += [
                (image, f"its examination has images of several patients: {key}, of {named}") for image in group
            ]
        else:
            whole.append(Examination(key, tuple(group)))
    return whole, refused


def _key(image: ImageRecord) -> str:
    if image.study_uid or image.accession_number:
        return image.study_uid or image.accession_number
    if image.patient_id and image.acquired_at:
        return f"{image.patient_id}_{image.acquired_at.date().isoformat()}"
    return image.path.as_posix()
