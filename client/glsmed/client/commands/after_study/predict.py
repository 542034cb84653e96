"""``glsmed-client predict``: what the site's model says of new images."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.imports.images.retrieval.archive import ArchiveQuery
    from glsmed.client.model_use.site_predictions import PredictedImages

_MOST_NAMED = 10  # refused images on the terminal; all are in the table of notes
_ARCHIVE = "Where --in is an archive"
_DAYS = ["%Y-%m-%d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Archive:
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


def predict(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Option(
            "--in",
            help="Folder of images, CSV table with study_id and image, one image, or an archive: "
            "https://host/dicom-web, or dicom://AET@host:port.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Table to write: study_id,image,finding,probability,low,high,alert.")],
    html: Annotated[Path | None, typer.Option(help="Also write a worklist page, images by need.")] = None,
    sr: Annotated[
        Path | None, typer.Option("--sr", help="Folder for DICOM structured reports (TID 1500), one for each image.")
    ] = None,
    sc: Annotated[
        Path | None, typer.Option("--sc", help="Folder for DICOM pictures with the heat map of each alert.")
    ] = None,
    accession: Annotated[
        list[str] | None, typer.Option(help="Only this examination.", rich_help_panel=_ARCHIVE)
    ] = None,
    first_day: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="Of acquisition.", rich_help_panel=_ARCHIVE)
    ] = None,
    last_day: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="Of acquisition.", rich_help_panel=_ARCHIVE)
    ] = None,
    pacs_to: Annotated[
        Path | None,
        typer.Option(
            help="Where its images are kept; what is there is not fetched again.",
            show_default="pacs-images beside --out",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    pacs_title: Annotated[
        str | None, typer.Option(help="This site's AE title, for dicom://.", rich_help_panel=_ARCHIVE)
    ] = None,
    pacs_ca: Annotated[
        Path | None, typer.Option(help="The authority of its certificate.", rich_help_panel=_ARCHIVE)
    ] = None,
) -> None:
    """Apply the model that this site ended up with to new images; exit code 1 if any image has no prediction.

    Beside the table, `.notes.csv` names images without a prediction, and what to know of the others. The model is in
    the state folder once the centre has asked for the study's final evaluation.

    An archive is asked for the modalities of `data.modalities`, and for days or examinations that must be named.
    GLSMED_PACS_TOKEN, or GLSMED_PACS_USER and GLSMED_PACS_PASSWORD, in the environment.

    **Examples**

    - `glsmed-client --site config.yaml predict --in new-images --out predictions.csv`
    - `glsmed-client --site config.yaml predict --in manifest.csv --out predictions.csv --html worklist.html`
    - `glsmed-client --site config.yaml predict --in dicom --out predictions.csv --sr reports --sc pictures`
    - `glsmed-client --site config.yaml predict --in https://pacs.hospital/dicom-web --first-day 2026-03-01 --out p.csv`
    """
    from glsmed.client.model_use.site_predictions import (
        predict_at_site,
        write_results,
        write_site_dicom,
        write_site_worklist,
    )
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import GlsmedError

    config = load_site(context.obj)
    asked = _Archive(
        accession_numbers=tuple(accession or ()),
        first_day=first_day,
        last_day=last_day,
        kept=pacs_to,
        own_title=pacs_title,
        ca_certificate=pacs_ca,
    )
    if "://" in source:
        folder = pacs_to or out.parent / "pacs-images"
        chosen, not_chosen = _fetch(source, folder, asked, modalities=config.data.modalities)
        predicted = predict_at_site(config, folder, only=chosen)
    else:
        asked.refuse_beside(source)
        predicted, not_chosen = predict_at_site(config, Path(source)), []
    notes = write_results(predicted, out)
    if html is not None:
        write_site_worklist(predicted, html, config)
    left_out = []
    if sr is not None or sc is not None:
        left_out = write_site_dicom(predicted, config, reports=sr, captures=sc)
    for line in [*_summary(predicted), *_named("left out", not_chosen), *_named("no DICOM", left_out)]:
        typer.echo(line)
    typer.echo("\n".join(str(path) for path in (out, notes, html, sr, sc) if path is not None))
    if predicted.refused:
        raise GlsmedError(
            f"{len(predicted.refused)} of {len(predicted.results)} images have no prediction: see {notes}"
        )


def _fetch(address: str, folder: Path, asked: _Archive, *, modalities: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The images to predict on, and why others that came with them are left out: raw images, screenshots, reports."""
    from glsmed.client.imports.images.selection import Selection, select
    from glsmed.client.imports.images.sources import Connection, images_from_pacs

    own_title = asked.own_title or Connection().own_title
    connection = Connection(own_title=own_title, ca_certificate=asked.ca_certificate)
    found = images_from_pacs(address, folder, query=asked.query(modalities), connection=connection)
    chosen = select(found.records, Selection())
    left_out = [f"{each.path}: {each.reason}" for each in (*found.skipped, *chosen.skipped)]
    return [record.path for record in chosen.records], left_out


def _summary(predicted: "PredictedImages") -> list[str]:
    results, refused = predicted.results, predicted.refused
    with_alert = sum(bool(result.alerts) for result in results)
    with_notes = sum(bool(result.notes) for result in results)
    usable = len(results) - len(refused)
    lines = [f"{usable} of {len(results)} images have a prediction, {with_alert} an alert, {with_notes} notes"]
    lines += [f"{finding}: {reason}" for finding, reason in predicted.without_operating_point.items()]
    return lines + _named("no prediction", [f"{result.source.image}: {result.refused}" for result in refused])


def _named(what: str, images: Sequence[str]) -> list[str]:
    """A line for each of the first images, and how many more there are."""
    lines = [f"{what}: {image}" for image in images[:_MOST_NAMED]]
    return lines if len(images) <= _MOST_NAMED else [*lines, f"{what}: and {len(images) - _MOST_NAMED} more"]
