"""A change of the adapter's file before it is written: its lines, what lint says, what it does to all reports."""

import difflib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import yaml

from glsmed.shared.files.yaml_edits import with_value
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.lint.run import Problem
from glsmed.site_adapters.workbench.effect import Effect

Edit = Callable[[str, Subject], str]  # from the text of the file, and the adapter that it is, to another text
_CONTEXT: Final = 2  # unchanged lines around changed ones


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that a person may accept.

    Attributes:
        edit: what makes it, so that it can be made again on a file that has changed.
        base: revision of the file that it changes.
        text: of the file, its version raised.
        diff: the changed lines, as of ``diff -u``.
        problems: what lint finds in the changed file, with whether it is new.
        subject: the changed adapter; None where it cannot be loaded.
        effect: on all reports; None as well.
        key: by which a page names it.
    """

    edit: Edit
    base: str
    text: str
    diff: Sequence[str]
    problems: Sequence[tuple[Problem, bool]]
    subject: Subject | None = None
    effect: Effect | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be loaded and brings no new error."""
        return self.subject is not None and not any(new and one.severity == "error" for one, new in self.problems)


def raised(text: str, version: int) -> str:
    """The file as the release after ``version``; one that is not YAML as it is, for lint to say what is wrong."""
    try:
        return with_value(text, "version", version + 1)
    except yaml.YAMLError:
        return text


def diff_lines(before: str, after: str) -> list[str]:
    """The changed lines with a few around them, each with its sign: blank, ``-``, ``+`` or ``@``."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_CONTEXT)
    return [line for line in lines if not line.startswith(("---", "+++"))]


def compared(problems: Sequence[Problem], before: Sequence[Problem], source: str) -> list[tuple[Problem, bool]]:
    """The problems of the file at ``source``, each with whether it was not there before, wherever it stood."""
    known = {(problem.rule, problem.fault.message) for problem in before}
    return [
        (problem, (problem.rule, problem.fault.message) not in known)
        for problem in problems
        if problem.fault.source == source
    ]
