"""``glsmed-client init``: a new site's folder."""

from pathlib import Path

import typer

from glsmed.client.site_template import site_template
from glsmed.shared.atomic import write_bytes, write_text
from glsmed.shared.errors import UsageError
from glsmed.shared.study import load_study


def init_command(folder: Path, *, name: str, study_file: Path, ca_file: Path, adapter: str) -> None:
    """Make the folder and say what to do next."""
    config = init_site(folder, name=name, study_file=study_file, ca_file=ca_file, adapter=adapter)
    typer.echo(f"made {config}; fill in where manifest, gold and device are, then:")
    typer.echo(f"  glsmed-client --site {config} check     looks at everything, offline")
    typer.echo(f"  glsmed-client --site {config} enroll    makes the key and the request for the centre")
    typer.echo(f"  glsmed-client --site {config}           takes part")


def init_site(folder: Path, *, name: str, study_file: Path, ca_file: Path, adapter: str) -> Path:
    """A commented config.yaml with the site's own copies of study and authority; returns its path.

    Raises:
        UsageError: the folder holds a config.yaml already, or a given file is missing.
        ConfigurationError: the study file is not right.
    """
    config = folder / "config.yaml"
    if config.exists():
        raise UsageError(f"{config} exists already: choose another folder, or edit that file")
    if not ca_file.is_file():
        raise UsageError(f"{ca_file}: no such file; the centre sends it with study.yaml")
    study = load_study(study_file)
    write_bytes(folder / "study.yaml", study_file.read_bytes())
    write_bytes(folder / "ca.crt", ca_file.read_bytes())
    address = f"{study.centre.public_names[0]}:{study.centre.port}"
    write_text(config, site_template(name, centre_address=address, adapter=adapter))
    return config
