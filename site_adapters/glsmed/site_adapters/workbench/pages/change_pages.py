"""Changes of the adapter's file: proposed, shown with their effect, written, undone."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glsmed.shared.errors import DataError
from glsmed.shared.files.yaml_edits import UneditableError
from glsmed.shared.pages.spoken import say
from glsmed.shared.web.forms import form_of
from glsmed.shared.web.rendering import render
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.workbench.adapter_file import ChangedElsewhereError
from glsmed.site_adapters.workbench.bench import Outcome, Workbench
from glsmed.site_adapters.workbench.corrections import SCOPES, WRONGS, Correction, corrected
from glsmed.site_adapters.workbench.proposals import Edit, Proposal

_MOST_KINDS = 40


class ChangePages:
    """What changes the file, for every page that does."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    @property
    def routes(self) -> list[Route]:
        """Addresses of these pages."""
        return [
            Route("/changes", self.changes),
            Route("/propose", self.propose, methods=["POST"]),
            Route("/propose-text", self.propose_text, methods=["POST"]),
            Route("/accept", self.accept, methods=["POST"]),
            Route("/undo", self.undo, methods=["POST"]),
        ]

    def changes(self, request: Request) -> Response:
        """The file, what was changed so far, and a place to edit it."""
        return render(request, "changes.html", {"bench": self._bench, "history": self._bench.history[::-1]})

    async def propose(self, request: Request) -> Response:
        """The effect of a correction, as a fragment."""
        form = await form_of(request)
        correction = Correction(
            wrong=next((one for one in WRONGS if one == form.get("wrong")), "not_finding"),
            phrase=form.get("phrase", ""),
            finding=form.get("finding", ""),
            certainty=_share(form.get("certainty", "")),
            scope=next((one for one in SCOPES if one == form.get("scope")), "both"),
            role=form.get("role", ""),
        )
        return await self.proposed(request, lambda text, subject: corrected(text, subject, correction))

    async def propose_text(self, request: Request) -> Response:
        """The effect of the file as somebody has edited it, as a fragment."""
        form = await form_of(request)
        given, revision = form.get("text", ""), form.get("revision", "")
        told = say("The file was changed meanwhile. Copy your text, load this page again, and put it in.")

        def edited(text: str, _: Subject) -> str:
            if revision != self._bench.file.revision:
                raise DataError(told)
            return given if "\r\n" in text else given.replace("\r\n", "\n")

        return await self.proposed(request, edited)

    async def proposed(self, request: Request, edit: Edit) -> Response:
        """The effect of any change, as a fragment."""
        try:
            proposal = await run_in_threadpool(self._bench.propose, edit)
        except (DataError, UneditableError) as error:
            return render(request, "told.html", {"message": str(error)})
        return self.shown(request, proposal)

    def shown(self, request: Request, proposal: Proposal, *, again: bool = False) -> Response:
        """A proposal as a fragment; ``again`` where the file had changed, which is told."""
        content = {"proposal": proposal, "again": again, "version": self._bench.subject.adapter.version}
        return render(request, "proposal.html", {**content, "most": _MOST_KINDS, "file": self._bench.file.path})

    async def accept(self, request: Request) -> Response:
        """Write a proposal; the answer is a fragment."""
        key = (await form_of(request)).get("key", "")
        return self.answered(request, await run_in_threadpool(self._bench.accept, key))

    def answered(self, request: Request, outcome: Outcome | None) -> Response:
        """What became of a proposal, as a fragment."""
        if outcome is None:
            words = say("This proposal is too old. Ask for its effect again.")
            return render(request, "told.html", {"message": words})
        if outcome.again is not None:
            return self.shown(request, outcome.again, again=True)
        return render(request, "saved.html", {"saved": outcome.saved, "bench": self._bench})

    async def undo(self, request: Request) -> Response:
        """Take the last change back; from the page of changes it leads back there."""
        form = await form_of(request)
        try:
            done = await run_in_threadpool(self._bench.undo, form.get("revision", ""))
        except ChangedElsewhereError as error:
            return render(request, "told.html", {"message": str(error)})
        if done and form.get("from") == "changes":
            return RedirectResponse("/changes", status_code=303)
        version = self._bench.subject.adapter.version
        words = (
            say("Undone: the file is version {version} again.", version=version)
            if done
            else say("Nothing was undone: the file was changed meanwhile. Load the page again.")
        )
        return render(request, "told.html" if not done else "undone.html", {"message": words})


def _share(percent: str) -> float:
    try:
        return float(percent) / 100
    except ValueError:
        return 0.4
