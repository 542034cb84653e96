"""A local site: what a room says of its pages, put together to one app behind one door."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from glsmed.shared.errors import GlsmedError
from glsmed.shared.pages.blocks import bounded
from glsmed.shared.pages.spoken import Catalogue, Language, say, speaking
from glsmed.shared.web.access import Access
from glsmed.shared.web.guard import Guard
from glsmed.shared.web.rendering import OWN_FOLDER, NavigationItem, Pages, page_environment, render
from glsmed.shared.web.static_files import static_route
from glsmed.shared.web.words import WORDS

_LONGEST_MESSAGE = 2000


@dataclass(frozen=True, kw_only=True)
class LocalSite:
    """The pages of a program.

    Attributes:
        title: of every page; it may name the hospital or the study.
        routes: what answers; a synchronous endpoint runs in a thread, so it may take its time.
        templates: folders of Jinja2 templates, which extend ``base.html``.
        static: folders of style sheets and scripts, served as ``/static/NAME``.
        words: Japanese by English, of all that templates and routes say.
        navigation: the pages that every page links to.
        language: of the pages.
    """

    title: str
    routes: Sequence[BaseRoute]
    templates: Sequence[Path] = ()
    static: Sequence[Path] = ()
    words: Sequence[Catalogue] = ()
    navigation: Sequence[NavigationItem] = field(default=())
    language: Language = "en"

    def app(self, *, port: int, tell: Callable[[str], None]) -> ASGIApp:
        """The site as an app that answers at ``127.0.0.1:port`` alone.

        Args:
            port: where it is served.
            tell: is given the address with the first token, and with the next one whenever one was used.
        """
        pages = Pages(self.title, self.navigation, page_environment(self.templates, self.language))
        with self._speaking():
            refusal = pages.environment.get_template("refused.html").render()
        access = Access(lambda token: tell(f"http://127.0.0.1:{port}/?token={token}"))
        app = Starlette(
            routes=[static_route([OWN_FOLDER / "static", *self.static]), *self.routes],
            exception_handlers={GlsmedError: _told, HTTPException: _no_page, Exception: _broken},
        )
        app.state.pages = pages

        async def spoken(scope: Scope, receive: Receive, send: Send) -> None:
            with self._speaking():
                await app(scope, receive, send)

        return Guard(spoken, access=access, port=port, refusal=refusal)

    def _speaking(self) -> AbstractContextManager[None]:
        return speaking(self.language, WORDS, *self.words)


def _told(request: Request, error: Exception) -> Response:
    """An error of ours in its own words."""
    return _problem(request, bounded(error, most=_LONGEST_MESSAGE), status=400)


def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _problem(request, say("There is no page at this address."), status=status)


def _broken(request: Request, _error: Exception) -> Response:
    """A fault of the program: the browser learns that there is one, the terminal learns which."""
    return _problem(request, say("The program met an error. Its terminal says which."), status=500)


def _problem(request: Request, message: str, *, status: int) -> Response:
    return render(request, "problem.html", {"message": message}, status=status)
