"""Options of the commands that show or write pages, the same in every program."""

from typing import Annotated

import typer

from glsmed.shared.pages.spoken import Language

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 takes a free one.")]
LanguageOption = Annotated[Language, typer.Option(help="Of the page.")]
