"""``glsmed-client drift``: does the shipped model still say what reports say?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.settings.config import SiteConfig


def drift(
    context: typer.Context,
    predictions: Annotated[Path, typer.Option(help="CSV with study_id,finding,probability, as `predict` writes it.")],
    manifest: Annotated[Path, typer.Option(help="CSV of the same examinations with their reports and acquired_on.")],
    html: Annotated[Path | None, typer.Option(help="Also write a page with curves and every number.")] = None,
) -> None:
    """Compare the model's probabilities with what reports say, month by month; a month outside its band is an alert.

    **Example**: `glsmed-client --site config.yaml drift --predictions predictions.csv --manifest manifest.csv --html
    drift.html`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.shared.files.output_paths import check_output_files

    config = load_site(context.obj)
    if html is not None:
        check_output_files([html], kept=[predictions, manifest, context.obj, *config.own_files])
    tell_drift(config, predictions=predictions, manifest=manifest, html=html)


def tell_drift(config: "SiteConfig", *, predictions: Path, manifest: Path, html: Path | None = None) -> None:
    """Print what drift there is, and write the page if one is wanted."""
    from glsmed.client.after_study.drift_page import drift_lines, drift_page
    from glsmed.client.after_study.site_drift import site_drift
    from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
    from glsmed.shared.pages.html_page import as_html

    found = site_drift(config, predictions=predictions, manifest=manifest)
    typer.echo("\n".join(drift_lines(found)))
    if html is not None:
        write_text(html, as_html(drift_page(found, site=config.site)), mode=PRIVATE_FILE)
        typer.echo(str(html))
