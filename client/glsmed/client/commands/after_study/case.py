"""``glsmed-client case``: what alerts, misses and minutes cost this hospital in a year."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.case.case_options import CaseHtmlOption, CaseInitOption
from glsmed.shared.web.page_options import LanguageOption

PRICES = Path("prices.yaml")


def case(
    context: typer.Context,
    prices: Annotated[
        Path | None, typer.Option(help="Volumes and prices.", show_default="prices.yaml beside config.yaml")
    ] = None,
    html: CaseHtmlOption = None,
    language: LanguageOption = "en",
    init: CaseInitOption = False,
) -> None:
    """Make the case for management: alerts, misses, minutes and money of a year, and labels that are needed.

    It compares no model, the model that this site trained alone, and the federation's, on this site's test patients.
    Nothing leaves the site.

    **Examples**

    - `glsmed-client --site config.yaml case --init` writes prices.yaml; every number in it is made up

    - `glsmed-client --site config.yaml case --html case.html` writes the page

    - `glsmed-client --site config.yaml case --language ja --html case-ja.html` writes it in Japanese
    """
    from glsmed.client.case.site_case import site_case
    from glsmed.client.settings.config import load_site
    from glsmed.shared.case.case_command import CaseFiles, begin_prices, make_case

    path = prices or Path(context.obj).parent / PRICES
    if init:
        begin_prices(path, tell=typer.echo)
        return
    config = load_site(context.obj)
    files = CaseFiles(path, html, kept=[context.obj, *config.own_files])
    make_case(files, lambda paid: site_case(config, paid), language=language, tell=typer.echo)
