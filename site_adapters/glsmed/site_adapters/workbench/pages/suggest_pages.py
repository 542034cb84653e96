"""Suggestions: phrases of doubt that the adapter does not know, accepted by one key."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.shared.files.yaml_edits import with_item
from glsmed.shared.pages.spoken import say
from glsmed.shared.web.forms import form_of
from glsmed.shared.web.rendering import render
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.suggesting.suggestion_yaml import new_cue_id, suggested_cue, usable
from glsmed.site_adapters.suggesting.suggestions import HedgeSurvey, Suggestion, survey_hedges
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.pages.change_pages import ChangePages

_SHOWN = 9  # each has a key
_MOST = 27
_ORDERS: Final[Mapping[str, Callable[[Suggestion], float]]] = {
    "usefulness": lambda one: one.score,
    "frequency": lambda one: one.times,
    "gold": lambda one: one.gold_gap,
    "images": lambda one: one.picture_gap,
}


class SuggestPages:
    """The page of suggestions; they are made anew after each change."""

    def __init__(self, bench: Workbench, changes: ChangePages) -> None:
        self._bench = bench
        self._changes = changes
        self._made: tuple[str, HedgeSurvey, Sequence[Suggestion]] | None = None

    @property
    def routes(self) -> list[Route]:
        """Addresses of this page."""
        return [
            Route("/suggest", self.suggestions),
            Route("/suggestions", self.listed),
            Route("/suggest/effect", partial(self.changed, at_once=False), methods=["POST"]),
            Route("/suggest/accept", partial(self.changed, at_once=True), methods=["POST"]),
        ]

    def suggestions(self, request: Request) -> Response:
        """The page."""
        return render(request, "suggest.html", self._content(request))

    def listed(self, request: Request) -> Response:
        """The list alone, as a fragment."""
        return render(request, "suggestion_list.html", self._content(request))

    def _content(self, request: Request) -> dict[str, object]:
        survey, usable_ones = self._survey()
        order = request.query_params.get("order", "")
        key = _ORDERS.get(order, _ORDERS["usefulness"])
        orders = ["usefulness", "frequency", *(["gold"] if self._bench.corpus.gold else [])]
        orders += ["images"] if self._bench.corpus.opinions else []
        shown = sorted(usable_ones, key=lambda one: -key(one))[:_SHOWN]
        why = "" if shown else _why_nothing(survey, len(self._bench.corpus.texts), self._is_judged)
        return {"suggestions": shown, "orders": orders, "order": order, "why": why, "survey": survey}

    @property
    def _is_judged(self) -> bool:
        return bool(self._bench.corpus.gold or self._bench.corpus.opinions)

    def _survey(self) -> tuple[HedgeSurvey, Sequence[Suggestion]]:
        bench, revision = self._bench, self._bench.file.revision
        if self._made is None or self._made[0] != revision:
            corpus = bench.corpus
            survey = survey_hedges(bench.subject, corpus.texts, corpus.gold, most=_MOST, opinions=corpus.opinions)
            self._made = revision, survey, usable(bench.subject, survey.suggestions)
        return self._made[1], self._made[2]

    async def changed(self, request: Request, *, at_once: bool) -> Response:
        """The effect of a suggestion, or what became of it where it is accepted at once; a fragment."""
        words = (await form_of(request)).get("words", "")
        _, found = await run_in_threadpool(self._survey)
        suggestion = next((one for one in found if one.words == words), None)
        if suggestion is None:
            told = say("This suggestion is gone: the file has changed. Load the page again.")
            return render(request, "told.html", {"message": told})

        def edit(text: str, subject: Subject) -> str:
            cue_id = new_cue_id("suggested", words, {*subject.adapter.cues, *subject.adapter.findings})
            return with_item(text, ("cues",), suggested_cue(subject, suggestion, cue_id))

        if not at_once:
            return await self._changes.proposed(request, edit)
        proposal = await run_in_threadpool(self._bench.propose, edit)
        if not proposal.is_acceptable:
            return self._changes.shown(request, proposal)
        return self._changes.answered(request, await run_in_threadpool(self._bench.accept, proposal.key))


def _why_nothing(survey: HedgeSurvey, reports: int, judged: bool) -> str:
    if not survey.mentions:
        return say(
            "In {reports} reports every mention of a finding stands under a known cue, or none is mentioned: "
            "nothing is left to learn from.",
            reports=reports,
        )
    if not survey.frequent:
        return say(
            "{phrases} unknown phrases stand near {mentions} mentions, none of them near three: {reports} reports are "
            "too few to tell doubt from chance.",
            phrases=survey.phrases,
            mentions=survey.mentions,
            reports=reports,
        )
    if judged:
        return say(
            "{frequent} unknown phrases stand near three mentions or more, and gold labels and images agree with how "
            "those are read.",
            frequent=survey.frequent,
        )
    return say(
        "{frequent} unknown phrases stand near three mentions or more, none looks like doubt. Gold labels could tell "
        "more: start the workbench with them.",
        frequent=survey.frequent,
    )
