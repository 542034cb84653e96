"""``glsmed-client predict``: what the site's model says of new images."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.model_use.site_predictions import PredictedImages

_MOST_NAMED = 10  # refused images on the terminal; all are in the table of notes


def predict(
    context: typer.Context,
    source: Annotated[
        Path, typer.Option("--in", help="Folder of images, CSV table with study_id and image, or one image.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write: study_id,image,finding,probability,low,high,alert.")],
    html: Annotated[Path | None, typer.Option(help="Also write a worklist page, images by need.")] = None,
    sr: Annotated[
        Path | None, typer.Option("--sr", help="Folder for DICOM structured reports (TID 1500), one for each image.")
    ] = None,
    sc: Annotated[
        Path | None, typer.Option("--sc", help="Folder for DICOM pictures with the heat map of each alert.")
    ] = None,
) -> None:
    """Apply the model that this site ended up with to new images; exit code 1 if any image has no prediction.

    Beside the table, `.notes.csv` names images without a prediction, and what to know of the others. The model is in
    the state folder once the centre has asked for the study's final evaluation.

    **Examples**

    - `glsmed-client --site config.yaml predict --in new-images --out predictions.csv`
    - `glsmed-client --site config.yaml predict --in manifest.csv --out predictions.csv --html worklist.html`
    - `glsmed-client --site config.yaml predict --in dicom --out predictions.csv --sr reports --sc pictures`
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
    predicted = predict_at_site(config, source)
    notes = write_results(predicted, out)
    if html is not None:
        write_site_worklist(predicted, html, config)
    left_out = []
    if sr is not None or sc is not None:
        left_out = write_site_dicom(predicted, config, reports=sr, captures=sc)
    for line in [*_summary(predicted), *_named("no DICOM", left_out)]:
        typer.echo(line)
    typer.echo("\n".join(str(path) for path in (out, notes, html, sr, sc) if path is not None))
    if predicted.refused:
        raise GlsmedError(
            f"{len(predicted.refused)} of {len(predicted.results)} images have no prediction: see {notes}"
        )


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
