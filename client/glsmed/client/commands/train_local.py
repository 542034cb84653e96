"""``glsmed-client train-local``: would this site do better without the others?"""

import json
from pathlib import Path
from typing import Annotated

import typer


def train_local(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Also write the result as JSON to this file.")] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Rounds at most.", show_default="as many as the study")
    ] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="End after so many rounds without a lower validation log-loss.")
    ] = None,
) -> None:
    """Train a model on this site's data alone: would we do better without the others?

    **Examples**

    - `glsmed-client --site config.yaml train-local --out local.json` takes as many steps as the site takes in the study

    - `glsmed-client --site config.yaml train-local --rounds 100 --patience 5` trains until it no longer improves
    """
    from glsmed.client.resident.training_alone import train_site_alone
    from glsmed.client.settings.config import load_site
    from glsmed.shared.files.atomic import write_text

    result = train_site_alone(load_site(context.obj), tell=_tell, rounds=rounds, patience=patience)
    text = json.dumps(result, indent=2) + "\n"
    typer.echo(text)
    if out is not None:
        write_text(out, text)


def _tell(line: str) -> None:
    """Print progress on standard error, so that standard output holds the result alone."""
    typer.echo(line, err=True)
