"""``glsmed-client init``: a new site's folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.shared.protocol.study import CentreSection


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make for this site.")],
    study: Annotated[Path, typer.Option(help="The study.yaml that the centre sent.")],
    ca: Annotated[Path, typer.Option(help="The ca.crt that the centre sent.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the site in the study.", show_default="the folder's name")
    ] = None,
    adapter: Annotated[str, typer.Option(help="Built-in adapter or adapter file.")] = "en_radiology",
) -> None:
    """Write a commented config.yaml beside the site's own copies of study.yaml and ca.crt.

    **Example**: `glsmed-client init st-mary --study study.yaml --ca ca.crt --adapter en_radiology`
    """
    site = name or folder.resolve().name
    config = init_site(folder, name=site, study_file=study, ca_file=ca, adapter=adapter)
    typer.echo(f"made {config}; fill in where manifest, gold and device are, then:")
    typer.echo(f"  glsmed-client --site {config} import    makes the manifest of exported images and reports")
    typer.echo(f"  glsmed-client --site {config} check     checks everything, offline")
    typer.echo(f"  glsmed-client --site {config} enroll    makes the key and the request for the centre")
    typer.echo(f"  glsmed-client --site {config}           takes part")


def init_site(folder: Path, *, name: str, study_file: Path, ca_file: Path, adapter: str) -> Path:
    """A commented config.yaml with the site's own copies of study, authority and weights; returns its path.

    Initial weights that do not lie beside the given study file may come by other means: ``check`` asks for them.

    Raises:
        UsageError: the folder holds a config.yaml already, or a given file is missing.
        DataError: the weights beside the study file are not those of the study.
        ConfigurationError: the study file has faults, or the name cannot be a site's; nothing is written then.
    """
    from glsmed.client.settings.config import SiteConfig
    from glsmed.client.settings.site_template import site_template
    from glsmed.shared.errors import UsageError
    from glsmed.shared.files.atomic import write_bytes, write_text
    from glsmed.shared.files.documents import parse_document, validate
    from glsmed.shared.protocol.study import load_study
    from glsmed.shared.protocol.weights_copy import copy_weights

    config = folder / "config.yaml"
    if config.exists():
        raise UsageError(f"{config} exists already: choose another folder, or edit that file")
    if not ca_file.is_file():
        raise UsageError(f"{ca_file}: no such file; the centre sends it with study.yaml")
    study = load_study(study_file)
    text = site_template(name, centre_address=centre_address(study.centre), adapter=adapter)
    validate(parse_document(text, source=str(config)), SiteConfig)
    weights = study.model.initial_weights
    if weights is not None and (study_file.parent / weights.file).exists():
        copy_weights(study_file.parent / weights.file, folder, weights)
    write_bytes(folder / "study.yaml", study_file.read_bytes())
    write_bytes(folder / "ca.crt", ca_file.read_bytes())
    write_text(config, text)
    return config


def centre_address(centre: "CentreSection") -> str:
    """The centre's first public name with its port; an IPv6 address in brackets."""
    name = centre.public_names[0]
    return f"[{name}]:{centre.port}" if ":" in name else f"{name}:{centre.port}"
