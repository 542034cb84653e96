"""``glsmed-client train-local``: would this site do better without the others?"""

import json
from pathlib import Path

import torch
import typer

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.local_training import numbers_on_test, train_locally
from glsmed.client.settings.config import load_site
from glsmed.client.site.preparation import prepare_site
from glsmed.client.training.devices import resolve_device
from glsmed.shared.files.atomic import write_text
from glsmed.shared.protocol.study import load_study


def train_local_command(config_file: Path, *, out: Path | None) -> None:
    """Train, print what the best round does on the test split as JSON, and write it to a file too if asked."""
    config = load_site(config_file)
    study = load_study(config.study)
    device = resolve_device(config.device)
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    config.state.prepare()
    splits = prepare_site(read_site_inputs(config, study)).splits
    result = train_locally(splits["train"], splits["validation"], study, device=device, tell=_tell)
    numbers = numbers_on_test(result, splits["test"], device=device)
    text = json.dumps({"site": config.site, **numbers}, indent=2) + "\n"
    typer.echo(text)
    if out is not None:
        write_text(out, text)


def _tell(line: str) -> None:
    """Progress goes to standard error, so that standard output holds the result alone."""
    typer.echo(line, err=True)
