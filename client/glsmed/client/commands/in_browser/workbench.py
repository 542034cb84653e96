"""``glsmed-client workbench``: how this site's reports are read, corrected in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.web.page_options import LanguageOption, PortOption


def workbench(
    context: typer.Context,
    predictions: Annotated[
        Path | None,
        typer.Option(help="What the site's image model says of these examinations: CSV, as `predict` writes it."),
    ] = None,
    port: PortOption = 0,
    language: LanguageOption = "en",
) -> None:
    """See how this site's reports are read, beside their images, and correct its adapter by click.

    Prints an address for the browser; nobody else can open the pages, and nothing leaves this machine. Ctrl-C ends it.

    **Examples**

    - `glsmed-client --site config.yaml workbench`
    - `glsmed-client --site config.yaml workbench --predictions predictions.csv --language ja`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.client.site_workbench.site_bench import site_bench
    from glsmed.shared.web.serving import serve
    from glsmed.site_adapters.workbench.pages.site import workbench_site

    config_file: Path = context.obj
    config = load_site(config_file)
    typer.echo("reading the reports")
    bench = site_bench(config, folder=config_file.resolve().parent, predictions=predictions)
    serve(
        workbench_site(bench, language=language),
        port=port,
        tell=lambda address: typer.echo(f"open in a browser (Ctrl-C ends): {address}"),
    )
