"""Where ``predict`` asks an archive for its images: the options of that, and what is done with them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.imports.images.retrieval.archive import ArchiveQuery

_PANEL = "Where --in is an archive"
_DAYS = ["%Y-%m-%d"]

Accession = Annotated[list[str] | None, typer.Option(help="Only this examination.", rich_help_panel=_PANEL)]
Day = Annotated[
    datetime | None,
    typer.Option(formats=_DAYS, help="Only images acquired from, or until, this day.", rich_help_panel=_PANEL),
]
ImagesTo = Annotated[
    Path | None,
    typer.Option(
        help="Where its images are kept; what is there is not fetched again.",
        show_default="pacs-images beside --out",
        rich_help_panel=_PANEL,
    ),
]
OwnTitle = Annotated[str | None, typer.Option(help="This site's AE title, for dicom://.", rich_help_panel=_PANEL)]
Authority = Annotated[Path | None, typer.Option(help="The authority of its certificate.", rich_help_panel=_PANEL)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is asked of an archive, where its images go, and how this site presents itself."""

    accession_numbers: tuple[str, ...]
    first_day: datetime | None
    last_day: datetime | None
    kept: Path | None
    own_title: str | None
    ca_certificate: Path | None

    def refuse_beside(self, source: str) -> None:
        """Raise UsageError if anything was said of an archive where there is none."""
        from glsmed.shared.errors import UsageError

        if any(getattr(self, each.name) for each in fields(self)):
            raise UsageError(f"options of an archive: expected https:// or dicom:// after --in, got {source}")

    def query(self, modalities: Sequence[str]) -> "ArchiveQuery":
        """The question.

        Raises:
            UsageError: it would be for the whole archive, or the days are the wrong way round.
        """
        from glsmed.client.imports.images.retrieval.archive import ArchiveQuery
        from glsmed.shared.errors import UsageError

        if not (self.accession_numbers or self.first_day):
            raise UsageError("an archive after --in: expected --first-day or --accession with it, got neither")
        first, last = (None if day is None else day.date() for day in (self.first_day, self.last_day))
        numbers = self.accession_numbers
        return ArchiveQuery(modalities=tuple(modalities), first_day=first, last_day=last, accession_numbers=numbers)

    def fetch(self, address: str, folder: Path, *, modalities: Sequence[str]) -> tuple[list[Path], list[str]]:
        """The images to predict on, and why others that came with them are left out: raw images, screenshots, reports.

        Raises:
            UsageError: as for :meth:`query`, or the address is of no archive.
            ArchiveError: the archive refused, or did not answer.
        """
        from glsmed.client.imports.images.selection import Selection, select
        from glsmed.client.imports.images.sources import Connection, images_from_pacs

        own_title = self.own_title or Connection().own_title
        connection = Connection(own_title=own_title, ca_certificate=self.ca_certificate)
        found = images_from_pacs(address, folder, query=self.query(modalities), connection=connection)
        chosen = select(found.records, Selection())
        left_out = [f"{each.path}: {each.reason}" for each in (*found.skipped, *chosen.skipped)]
        return [record.path for record in chosen.records], left_out
