"""``glsmed-client predict``: what the site's model says of new images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.client.commands.after_study.archive_options import Accession, Archive, Authority, Day, ImagesTo, OwnTitle
from glsmed.client.commands.after_study.drift import tell_drift

if TYPE_CHECKING:
    from glsmed.client.model_use.site_predictions import PredictedImages
    from glsmed.client.settings.config import SiteConfig

_MOST_NAMED = 10  # refused images on the terminal; all are in the table of notes

_In = Annotated[
    str,
    typer.Option(
        "--in",
        help="Folder of images, CSV table with study_id and image, one image, or an archive: "
        "https://host/dicom-web, or dicom://AET@host:port.",
    ),
]
_Out = Annotated[Path, typer.Option(help="Table to write: study_id,image,finding,probability,low,high,alert.")]
_Html = Annotated[Path | None, typer.Option(help="Also write a worklist page, images by need.")]
_Reports = Annotated[
    Path | None, typer.Option("--sr", help="Folder for DICOM structured reports (TID 1500), one for each image.")
]
_Captures = Annotated[
    Path | None, typer.Option("--sc", help="Folder for DICOM pictures with the heat map of each alert.")
]
_Against = Annotated[
    Path | None,
    typer.Option(help="Manifest of the same examinations with their reports: also say what `drift` says of them."),
]


@dataclass(frozen=True, slots=True)
class _Files:
    """What is to be written, and where."""

    out: Path
    html: Path | None
    reports: Path | None
    captures: Path | None

    def check(self, source: str, own_files: Sequence[Path]) -> None:
        """Raise UsageError before hours of work if one of them cannot be written, or would take what is read away."""
        from glsmed.client.model_use.prediction import notes_beside
        from glsmed.shared.files.output_paths import check_output_files, check_output_folders

        files, folders = _given(self.out, notes_beside(self.out), self.html), _given(self.reports, self.captures)
        read = [] if "://" in source else [Path(source)]
        check_output_files(files, kept=[*read, *own_files])
        check_output_folders(folders, read=read)


def predict(
    context: typer.Context,
    source: _In,
    out: _Out,
    html: _Html = None,
    sr: _Reports = None,
    sc: _Captures = None,
    against_reports: _Against = None,
    accession: Accession = None,
    first_day: Day = None,
    last_day: Day = None,
    pacs_to: ImagesTo = None,
    pacs_title: OwnTitle = None,
    pacs_ca: Authority = None,
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
    - `glsmed-client --site config.yaml predict --in manifest.csv --out p.csv --against-reports manifest.csv`
    - `glsmed-client --site config.yaml predict --in https://pacs.hospital/dicom-web --first-day 2026-03-01 --out p.csv`
    """
    from glsmed.client.settings.config import load_site

    config, files = load_site(context.obj), _Files(out, html, sr, sc)
    files.check(source, [context.obj, *config.own_files])
    asked = Archive(
        accession_numbers=tuple(accession or ()),
        first_day=first_day,
        last_day=last_day,
        kept=pacs_to,
        own_title=pacs_title,
        ca_certificate=pacs_ca,
    )
    predicted, left_out = _predicted(config, source, asked, files)
    _write(predicted, files, config, left_out)
    if against_reports is not None:
        tell_drift(config, predictions=out, manifest=against_reports)
    _require_all(predicted, files)


def _predicted(
    config: "SiteConfig", source: str, asked: Archive, files: _Files
) -> tuple["PredictedImages", Sequence[str]]:
    """The predictions, and why images of an archive have none."""
    from glsmed.client.model_use.site_predictions import predict_at_site

    if "://" not in source:
        asked.refuse_beside(source)
        return predict_at_site(config, Path(source)), []
    folder = asked.kept or files.out.parent / "pacs-images"
    chosen, not_chosen = asked.fetch(source, folder, modalities=config.data.modalities)
    return predict_at_site(config, folder, only=chosen), not_chosen


def _write(predicted: "PredictedImages", files: _Files, config: "SiteConfig", not_chosen: Sequence[str]) -> None:
    """Write all that was asked for, and say what was written and what was not."""
    from glsmed.client.model_use.site_predictions import write_results, write_site_dicom, write_site_worklist

    notes = write_results(predicted, files.out)
    if files.html is not None:
        write_site_worklist(predicted, files.html, config)
    no_dicom = []
    if _given(files.reports, files.captures):
        no_dicom = write_site_dicom(predicted, reports=files.reports, captures=files.captures)
    for line in [*_summary(predicted), *_named("left out", not_chosen), *_named("no DICOM", no_dicom)]:
        typer.echo(line)
    typer.echo("\n".join(map(str, _given(files.out, notes, files.html, files.reports, files.captures))))


def _require_all(predicted: "PredictedImages", files: _Files) -> None:
    from glsmed.client.model_use.prediction import notes_beside
    from glsmed.shared.errors import GlsmedError

    if predicted.refused:
        of_all = f"{len(predicted.refused)} of {len(predicted.results)} images have no prediction"
        raise GlsmedError(f"{of_all}: see {notes_beside(files.out)}")


def _given(*paths: Path | None) -> list[Path]:
    return [path for path in paths if path is not None]


def _summary(predicted: "PredictedImages") -> list[str]:
    results, refused = predicted.results, predicted.refused
    with_alert = sum(bool(result.alerts) for result in results)
    with_notes = sum(bool(result.notes) for result in results)
    usable = len(results) - len(refused)
    lines = [f"{usable} of {len(results)} images have a prediction, {with_alert} an alert, {with_notes} notes"]
    lines += [f"{finding}: {reason}" for finding, reason in predicted.without_operating_point.items()]
    lines += [predicted.otherwise_made] if predicted.otherwise_made else []
    return lines + _named("no prediction", [f"{result.source.image}: {result.refused}" for result in refused])


def _named(what: str, images: Sequence[str]) -> list[str]:
    """A line for each of the first images, and how many more there are."""
    lines = [f"{what}: {image}" for image in images[:_MOST_NAMED]]
    return lines if len(images) <= _MOST_NAMED else [*lines, f"{what}: and {len(images) - _MOST_NAMED} more"]
