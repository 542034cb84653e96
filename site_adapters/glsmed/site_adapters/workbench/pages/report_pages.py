"""Reports: the list by a filter, and one report with its words, its lines and its images."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.shared.errors import DataError
from glsmed.shared.pages.spoken import say
from glsmed.shared.web.rendering import render
from glsmed.site_adapters.explaining.explanation import Explained, explain
from glsmed.site_adapters.suggesting.suggestions import unknown_near
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.corrections import SCOPES, WRONGS
from glsmed.site_adapters.workbench.filters import Filter, filter_of, in_use, matching
from glsmed.site_adapters.workbench.pages.marked_lines import STATES, marked_lines

_ON_A_PAGE = 25
_MOST_NEAR = 8
_MOST_IMAGES = 8


@dataclass(frozen=True, slots=True)
class _Row:
    """A report in the list: its id, its address, and what it says in a few words."""

    report_id: str
    address: str
    cells: Sequence[tuple[str, str, float, int | None]]


class ReportPages:
    """The pages about single reports."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    @property
    def routes(self) -> list[Route]:
        """Addresses of these pages."""
        return [
            Route("/", self.reports),
            Route("/list", self.listed),
            Route("/report", self.report),
            Route("/correct", self.correct),
            Route("/picture", self.picture),
        ]

    def reports(self, request: Request) -> Response:
        """The list with its filter."""
        content = {"bench": self._bench, "choices": in_use(self._bench.readings), "states": STATES}
        return render(request, "reports.html", {**content, **self._list(request)})

    def listed(self, request: Request) -> Response:
        """The list alone, as a fragment."""
        content = self._list(request)
        answer = render(request, "report_list.html", content)
        answer.headers["X-Address"] = f"/?{content['query']}"
        return answer

    def _list(self, request: Request) -> dict[str, object]:
        bench, wanted = self._bench, filter_of(request.query_params)
        found = matching(wanted, bench.corpus, bench.readings)
        pages = max(1, -(-len(found) // _ON_A_PAGE))
        page = min(max(_number(request, "page", 1), 1), pages)
        shown = found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        query = urlencode(wanted.as_query())
        rows = [self._row(name, wanted) for name in shown]
        total = len(bench.readings)
        return {
            "wanted": wanted, "query": query, "rows": rows, "found": len(found), "total": total, "page": page,
            "pages": pages, "gold": bool(bench.corpus.gold),
        }  # fmt: skip

    def _row(self, name: str, wanted: Filter) -> _Row:
        bench = self._bench
        lines = [line for line in bench.readings[name].lines if line.decides and line.target is not None]
        gold = bench.corpus.gold
        cells = [(one.finding, one.state, one.target or 0.0, gold.get((name, one.finding))) for one in lines]
        return _Row(name, "/report?" + urlencode({"id": name, **wanted.as_query()}), cells)

    def report(self, request: Request) -> Response:
        """One report; the filter in its address tells which one is next."""
        bench, name = self._bench, self._name(request)
        wanted = filter_of(request.query_params)
        found = matching(wanted, bench.corpus, bench.readings)
        place = found.index(name) if name in found else -1
        text = bench.corpus.texts[name]
        lines = explain(bench.subject.reader, text, bench.calibration)
        near = (place - 1, place + 1) if place >= 0 else (-1, -1)  # after a change it may no longer fit the filter
        links = dict(zip(("before", "behind"), (self._neighbour(found, at, wanted) for at in near), strict=True))
        told = {"place": place + 1, "found": len(found), "query": urlencode(wanted.as_query()), **links}
        opinions = {line.finding: bench.corpus.opinions.get((name, line.finding)) for line in lines}
        gold = {line.finding: bench.corpus.gold.get((name, line.finding)) for line in lines}
        page = {
            "report_id": name, "pieces": list(marked_lines(text, lines)), "lines": lines, "images": self._images(name),
            "gold": gold, "opinions": opinions, "label": bench.subject.adapter.label, "states": STATES,
        }  # fmt: skip
        return render(request, "report.html", {**page, **told, **self._form(name, lines, 0)})

    def _neighbour(self, found: Sequence[str], place: int, wanted: Filter) -> str:
        if not 0 <= place < len(found):
            return ""
        return "/report?" + urlencode({"id": found[place], **wanted.as_query()})

    def _images(self, name: str) -> Sequence[str]:
        pictures = self._bench.corpus.pictures
        return [] if pictures is None else pictures.names(name)[:_MOST_IMAGES]

    def correct(self, request: Request) -> Response:
        """The form that says what is wrong with a line, as a fragment."""
        name = self._name(request)
        lines = explain(self._bench.subject.reader, self._bench.corpus.texts[name], self._bench.calibration)
        return render(request, "correct.html", self._form(name, lines, _number(request, "line", 0)))

    def _form(self, name: str, lines: Sequence[Explained], number: int) -> dict[str, object]:
        bench, text = self._bench, self._bench.corpus.texts[name]
        chosen = lines[number - 1] if 1 <= number <= len(lines) else None
        mention = next((span for span in chosen.spans if span.role == "mention"), None) if chosen else None
        near = unknown_near(bench.subject, text, mention.start, mention.end)[:_MOST_NEAR] if mention else []
        phrase = " ".join(text[mention.start : mention.end].split()) if mention else ""
        return {
            "report_id": name, "chosen": number if chosen else 0, "finding": chosen.finding if chosen else "",
            "phrase": phrase, "near": near, "wrongs": WRONGS, "scopes": SCOPES,
            "findings": sorted(bench.subject.adapter.findings),
            "roles": sorted(bench.subject.adapter.section_weights),
        }  # fmt: skip

    def picture(self, request: Request) -> Response:
        """One image of an examination."""
        name, pictures = self._name(request), self._bench.corpus.pictures
        place = _number(request, "place", 0)
        if pictures is None or not 0 <= place < len(pictures.names(name)):
            raise HTTPException(404)
        return Response(pictures.png(name, place), media_type="image/png")

    def _name(self, request: Request) -> str:
        name = request.query_params.get("id", "")
        if name not in self._bench.corpus.texts:
            raise DataError(say("There is no report {name}.", name=repr(name)[:80]))
        return name


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else default
