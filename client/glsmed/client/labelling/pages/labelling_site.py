"""The local site of one reader's session."""

from collections.abc import Mapping
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.client.labelling.answers import VALUES, Role, Value
from glsmed.client.labelling.pages.pictures import sent_picture
from glsmed.client.labelling.pages.views import Views
from glsmed.client.labelling.pages.words import WORDS
from glsmed.client.labelling.session import Labelling
from glsmed.shared.errors import UsageError
from glsmed.shared.pages.spoken import Language
from glsmed.shared.web.forms import form_of
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.rendering import NavigationItem, render

_HERE = Path(__file__).parent
_TAKEN_BACK = ""
_NAVIGATION = (
    NavigationItem("/", "Label", "g"),
    NavigationItem("/disputed", "Adjudicate", "d"),
    NavigationItem("/progress", "Progress", "p"),
)


def labelling_site(labelling: Labelling, *, site: str, language: Language = "en") -> LocalSite:
    """The pages of a session.

    Args:
        labelling: the session.
        site: name of the hospital, for the title.
        language: of the pages.
    """
    routes = _Routes(labelling)
    return LocalSite(
        title=f"{site} · {labelling.reader}",
        routes=[
            Route("/", routes.page),
            Route("/study", routes.study),
            Route("/disputed", routes.disputed),
            Route("/disputed-study", routes.disputed_study),
            Route("/progress", routes.progress),
            Route("/picture/{number:int}", routes.picture),
            Route("/answer", routes.answer, methods=["POST"]),
            Route("/gold", routes.gold, methods=["POST"]),
        ],
        templates=[_HERE / "templates"],
        static=[_HERE / "static"],
        words=[WORDS],
        navigation=_NAVIGATION,
        language=language,
    )


class _Routes:
    """What answers; each endpoint without ``async`` runs in a thread."""

    def __init__(self, labelling: Labelling) -> None:
        self._labelling, self._views = labelling, Views(labelling)

    def page(self, request: Request) -> Response:
        """The next examination, or the one that the address names."""
        return self._study(request, "label.html")

    def study(self, request: Request) -> Response:
        """The same as a fragment."""
        answer = self._study(request, "label-study.html")
        # while the reader looks at this one, those after it are drawn
        answer.background = BackgroundTask(self._labelling.queue.waiting, self._labelling.reader)
        return answer

    def _study(self, request: Request, template: str) -> Response:
        view = self._views.study(request.query_params.get("study"), after=request.query_params.get("after"))
        return render(request, template, {"view": view, "values": VALUES, "report": self._labelling.report})

    def disputed(self, request: Request) -> Response:
        """The next examination about which readers differ."""
        return self._disputed(request, "label-disputed.html")

    def disputed_study(self, request: Request) -> Response:
        """The same as a fragment."""
        return self._disputed(request, "label-study.html")

    def _disputed(self, request: Request, template: str) -> Response:
        content = {"view": self._views.disputed(), "values": VALUES, "report": self._labelling.report}
        return render(request, template, content)

    def progress(self, request: Request) -> Response:
        """How far labelling is."""
        return render(
            request, "label-progress.html", {"progress": self._views.progress(), "written": None, "gold_path": ""}
        )

    def picture(self, request: Request) -> Response:
        """One image; the browser keeps none."""
        number: int = request.path_params["number"]
        if number >= len(self._views.entries):
            raise HTTPException(404)
        sent = sent_picture(self._views.entries[number].image)
        return Response(sent.content, media_type="application/octet-stream", headers=dict(sent.headers))

    async def answer(self, request: Request) -> Response:
        """Keep one answer; it is on disk when this returns."""
        fields = await form_of(request)
        await run_in_threadpool(self._keep, fields)
        return Response(status_code=204)

    def _keep(self, fields: Mapping[str, str]) -> None:
        role: Role = "adjudicator" if fields.get("role") == "adjudicator" else "reader"
        self._labelling.answer(fields.get("study", ""), fields.get("finding", ""), _value(fields), role=role)

    def gold(self, request: Request) -> Response:
        """Write the gold file."""
        written = self._labelling.write_gold()
        content = {"progress": self._views.progress(), "written": written, "gold_path": str(self._labelling.gold_path)}
        return render(request, "label-progress.html", content)


def _value(fields: Mapping[str, str]) -> Value | None:
    given = fields.get("value", "")
    if given == _TAKEN_BACK:
        return None
    for value in VALUES:
        if given == value:
            return value
    raise UsageError(f"expected one of {', '.join(VALUES)}, got {given!r}")
