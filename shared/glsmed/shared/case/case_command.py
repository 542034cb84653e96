"""What the ``case`` commands of both ends do: prices.yaml in, a table for the terminal and a page out."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glsmed.shared.case.case_page import Case, case_lines, case_page
from glsmed.shared.case.prices import Prices, load_prices
from glsmed.shared.case.prices_file import write_prices
from glsmed.shared.case.words import WORDS
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.output_paths import check_output_files
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.spoken import Language, speaking

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Where prices are read, and where the page goes.

    Attributes:
        html: None for no page.
        kept: files that must not be written over.
    """

    prices: Path
    html: Path | None = None
    kept: Collection[Path] = ()


def begin_prices(path: Path, *, tell: Tell) -> None:
    """Write a commented prices.yaml to fill in.

    Raises:
        UsageError: there is one already, or its folder is missing.
    """
    write_prices(path)
    tell(f"made {path}; every number in it is made up: put in your own, then `case --html case.html`")


def make_case(files: CaseFiles, case: Callable[[Prices], Case], *, language: Language, tell: Tell) -> None:
    """Say the figures of a year, and write the page where one is wanted.

    Raises:
        ConfigurationError: with every fault of prices.yaml.
        UsageError: there is no prices.yaml, or the page cannot be written where it is to lie.
    """
    if not files.prices.exists():
        raise UsageError(f"{files.prices}: no such file: `case --init` writes one to fill in")
    if files.html is not None:
        check_output_files([files.html], kept=[files.prices, *files.kept])
    with speaking(language, WORDS):
        found = case(load_prices(files.prices))
        for line in case_lines(found):
            tell(line)
        if files.html is not None:
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
            write_text(files.html, as_html(case_page(found, written_at=now)), mode=PRIVATE_FILE)
            tell(str(files.html))
