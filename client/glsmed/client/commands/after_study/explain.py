"""``glsmed-client explain``: one examination, as the model sees it and as its report was read."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="An examination of the site's manifest, by its study_id.")],
    html: Annotated[Path, typer.Option(help="The page to write.")],
) -> None:
    """Show where on an image the model's probabilities come from, beside the words that made the training targets.

    **Example**: `glsmed-client --site config.yaml explain exam-0042 --html exam-0042.html`
    """
    from glsmed.client.model_use.examination import explain_examination
    from glsmed.client.model_use.pages.examination_page import write_examination
    from glsmed.client.settings.config import load_site
    from glsmed.shared.files.output_paths import check_output_files

    config = load_site(context.obj)
    check_output_files([html], kept=[context.obj, *config.own_files])
    write_examination(html, explain_examination(config, study), site=config.site)
    typer.echo(html)
