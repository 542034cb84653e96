"""``glsmed-benchmark federation``: what hospitals gain from training together, with the code that real ones run."""

import json
import logging
from pathlib import Path

import typer

from glsmed.benchmarks.federation.built_federation import RunSettings, federate
from glsmed.client.site.logs import configure_logging
from glsmed.shared.files.atomic import write_text


def federation_command(data: Path, *, out: Path, settings: RunSettings) -> None:
    """Federate a built data set, write ``summary.json``, and print it."""
    configure_logging(level=logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    results = federate(data.resolve(), out.resolve(), settings, report=lambda line: typer.echo(line, err=True))
    text = json.dumps({"rounds": settings.rounds, "seed": settings.seed, "sites": results}, indent=1)
    write_text(out / "summary.json", text + "\n")
    typer.echo(text)
