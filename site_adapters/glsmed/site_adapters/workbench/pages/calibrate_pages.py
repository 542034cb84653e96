"""Calibration: how far words mean what the adapter says, and which of them need labels most."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.shared.pages.figures import reliability_svg
from glsmed.shared.pages.spoken import say
from glsmed.shared.web.inline_svg import inline_svg
from glsmed.shared.web.rendering import render
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.cue_reliability import MORE_LABELS, CueReliability, cue_reliability

_MOST_WANTING = 10


class CalibratePages:
    """The page of calibration; it is made anew after each change."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._made: tuple[str, CueReliability] | None = None

    @property
    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("/calibrate", self.calibrate)]

    def calibrate(self, request: Request) -> Response:
        """The page."""
        found = self._reliability()
        figure = inline_svg(_spoken(_drawn(found))) if found.hedged else ""
        content = {"found": found, "figure": figure, "more": MORE_LABELS, "wanting": found.wanting[:_MOST_WANTING]}
        return render(request, "calibrate.html", {**content, "bench": self._bench})

    def _reliability(self) -> CueReliability:
        bench, revision = self._bench, self._bench.file.revision
        if self._made is None or self._made[0] != revision:
            cells = [
                GoldCell(name, finding, value, readings.get(finding), tuple(readings.values()))
                for (name, finding), value in bench.corpus.gold.items()
                for readings in [bench.readings[name].cells]
            ]
            self._made = revision, cue_reliability(bench.subject.adapter, cells, bench.readings)
        return self._made[1]


def _drawn(found: CueReliability) -> str:
    names = {"before": "before labels", "after": "after labels"}
    points = {names[name]: [(row.predicted, row.observed) for row in rows] for name, rows in found.curves.items()}
    return reliability_svg(points, title="Reliability of hedged words")


def _spoken(svg: str) -> str:
    """The drawing with its words in the language of the page, which the font that it was measured with may lack."""
    for words in ("before labels", "after labels", "probability that was said", "share that was true"):
        svg = svg.replace(f">{words}<", f">{say(words)}<")
    return svg.replace("Reliability of hedged words", say("Reliability of hedged words"))
