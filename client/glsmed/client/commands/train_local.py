"""``glsmed-client train-local``: would this site do better without the others?"""

import json
from pathlib import Path
from typing import Annotated

import typer


def train_local(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Also write the result as JSON to this file.")] = None,
) -> None:
    """Train a model on this site's data alone, with as many steps as the study: would we do better without the others?

    **Example**: `glsmed-client --site config.yaml train-local --out local.json`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.client.site.training_alone import train_site_alone
    from glsmed.shared.files.atomic import write_text

    result = train_site_alone(load_site(context.obj), tell=_tell)
    text = json.dumps(result, indent=2) + "\n"
    typer.echo(text)
    if out is not None:
        write_text(out, text)


def _tell(line: str) -> None:
    """Print progress on standard error, so that standard output holds the result alone."""
    typer.echo(line, err=True)
