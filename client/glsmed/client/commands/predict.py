"""``glsmed-client predict``: what the site's model says of new images."""

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
) -> None:
    """Apply the model that this site ended up with to new images; exit code 1 if any image has no prediction.

    Beside the table, `.notes.csv` names images without a prediction, and what to know of the others. The model is in
    the state folder once the centre has asked for the study's final evaluation.

    **Examples**

    - `glsmed-client --site config.yaml predict --in new-images --out predictions.csv`
    - `glsmed-client --site config.yaml predict --in manifest.csv --out predictions.csv --html worklist.html`
    """
    from glsmed.client.model_use.site_predictions import predict_at_site, write_results, write_site_worklist
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import GlsmedError

    config = load_site(context.obj)
    predicted = predict_at_site(config, source)
    notes = write_results(predicted, out)
    if html is not None:
        write_site_worklist(predicted, html, config)
    for line in _summary(predicted):
        typer.echo(line)
    typer.echo("\n".join(map(str, [out, notes, *([] if html is None else [html])])))
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
    lines += [f"no prediction: {result.source.image}: {result.refused}" for result in refused[:_MOST_NAMED]]
    if len(refused) > _MOST_NAMED:
        lines.append(f"no prediction: and {len(refused) - _MOST_NAMED} more")
    return lines
