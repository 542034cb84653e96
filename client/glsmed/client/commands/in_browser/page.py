"""``glsmed-client page``: what left, what is left, and what comes next, in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.shared.web.page_options import LanguageOption, PortOption

if TYPE_CHECKING:
    from glsmed.client.site_page.site_page import NewExaminations


def page(
    context: typer.Context,
    port: PortOption = 0,
    language: LanguageOption = "en",
    predictions: Annotated[Path | None, typer.Option(help="For drift: CSV as `predict` writes it.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="For drift: CSV of the same examinations.")] = None,
) -> None:
    """Show in a browser of this machine what left the site, budgets, the next round, drift and the machine.

    It only reads, beside a running `glsmed-client` too, until Ctrl-C. It prints the address to open.

    **Examples**

    - `glsmed-client --site config.yaml page`
    - `glsmed-client --site config.yaml --page` takes part and shows the page beside it
    """
    from glsmed.client.settings.config import load_site  # heavy: --help need not wait for it
    from glsmed.client.site_page.site_page import site_page
    from glsmed.shared.processes.children import end_with_starter
    from glsmed.shared.processes.logs import line_writer
    from glsmed.shared.web.serving import serve

    end_with_starter()
    new = _new(predictions, manifest)
    tell = line_writer(typer.echo, process="glsmed-client")
    site = site_page(load_site(context.obj), language=language, new=new)
    serve(site, port=port, tell=lambda address: tell(f"page: {address}"))


def _new(predictions: Path | None, manifest: Path | None) -> "NewExaminations | None":
    from glsmed.client.site_page.site_page import NewExaminations
    from glsmed.shared.errors import UsageError

    if predictions is None and manifest is None:
        return None
    if predictions is None or manifest is None:
        raise UsageError("expected --predictions and --manifest together, got one of them")
    return NewExaminations(predictions, manifest)
