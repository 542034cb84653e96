"""An adapter checked by every rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.lint.file_rules import version_not_raised
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.rules import RULES, Severity

FILE = "file"
VERSION = "file-version"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault with the rule that found it; prints as ``file:line: key: what — what to do [severity: rule]``."""

    rule: str
    severity: Severity
    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault} [{self.severity}: {self.rule}]"


def lint(reference: str | Path, *, against: str | Path | None = None) -> list[Problem]:
    """Everything that is wrong with an adapter, by file and line; faults that keep it from being loaded come alone.

    Args:
        reference: a built-in vocabulary or a file.
        against: its former release, which tells whether the version was raised.
    """
    try:
        subject = load_subject(reference)
        before = None if against is None else load_subject(against)
    except ConfigurationError as error:
        return [Problem(FILE, "error", fault) for fault in error.faults]
    problems = check_subject(subject)
    if before is not None:
        problems += [Problem(VERSION, "error", fault) for fault in version_not_raised(subject, before)]
    return problems


def check_subject(subject: Subject) -> list[Problem]:
    """What the rules find, in the order of files and lines."""
    problems = [Problem(rule.id, rule.severity, fault) for rule in RULES for fault in rule.check(subject)]
    return sorted(problems, key=lambda problem: (problem.fault.source, problem.fault.line or 0))


def has_errors(problems: Sequence[Problem]) -> bool:
    """Whether any of them is an error."""
    return any(problem.severity == "error" for problem in problems)
