"""Answers of a local site: pages and fragments from templates, in which every value is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from glsmed.shared.pages.blocks import bounded
from glsmed.shared.pages.spoken import Language, say

OWN_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A page in the navigation: its address, its name in English, the key that opens it."""

    address: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What all pages of a site have in common."""

    title: str
    navigation: Sequence[NavigationItem]
    environment: Environment

    def html(self, name: str, content: Mapping[str, object], *, path: str, csrf: str) -> str:
        """The template filled with its content.

        Raises:
            jinja2.UndefinedError: the template needs something that the content lacks.
        """
        common = {"site_title": self.title, "navigation": self.navigation, "path": path, "csrf": csrf}
        return self.environment.get_template(name).render({**common, **content})


def page_environment(folders: Sequence[Path], language: Language) -> Environment:
    """Templates of the folders, first those of later ones; all see ``say`` as ``t``, ``language`` and ``bounded``."""
    environment = Environment(
        loader=FileSystemLoader([*reversed(folders), OWN_FOLDER / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=say, language=language)
    environment.filters["bounded"] = bounded
    return environment


def render(request: Request, name: str, content: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
    """The answer with a template of the site, as a whole page or as the fragment that the template is.

    Args:
        request: what is answered.
        name: of the template, which extends ``base.html`` or stands alone as a fragment.
        content: what it shows; text is escaped, so it may come from anywhere.
        status: of HTTP.
    """
    pages: Pages = request.app.state.pages
    csrf = request.scope["session"].csrf
    return HTMLResponse(pages.html(name, content, path=request.url.path, csrf=csrf), status_code=status)
