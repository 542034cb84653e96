"""A small local site that shows what it is given."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.shared.errors import DataError
from glsmed.shared.pages.spoken import Language
from glsmed.shared.web.forms import form_of
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.rendering import NavigationItem, render

FOLDER = Path(__file__).with_name("pages_for_tests")
WORDS = {"First": "最初", "Show": "表示", "Words": "言葉", "Second": "次", "Given: {given}": "入力：{given}"}


async def first(request: Request) -> Response:
    return render(request, "first.html", {"given": request.query_params.get("given", "")})


async def shown(request: Request) -> Response:
    return render(request, "shown.html", {"given": (await form_of(request)).get("words", "")})


def wrong(request: Request) -> Response:
    raise DataError("<b>expected</b> a report, got a song")


def broken(request: Request) -> Response:
    raise RuntimeError("words of a report")


def site(language: Language = "en") -> LocalSite:
    return LocalSite(
        title="A <b>site</b>",
        routes=[
            Route("/", first),
            Route("/show", shown, methods=["POST"]),
            Route("/wrong", wrong),
            Route("/broken", broken),
        ],
        templates=[FOLDER],
        words=[WORDS],
        navigation=[NavigationItem("/", "First", "f"), NavigationItem("/wrong", "Second", "s")],
        language=language,
    )
