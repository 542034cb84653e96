"""What the tests of the rules share: a rule tried on a file, and the rules that a module holds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from glsmed.shared.errors import Fault
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.rules import RULES

Writer = Callable[..., Path]
RuleCheck = Callable[[Subject], Iterator[Fault]]
Found = Callable[..., list[str]]


@pytest.fixture
def found(adapter_file: Writer) -> Found:
    """A function from a rule and the body of a site's file to the keys at which the rule finds a fault."""

    def keys(rule: RuleCheck, body: str, *, head: str = "adapter: site\nextends: en_radiology\n") -> list[str]:
        return [fault.key for fault in rule(load_subject(adapter_file(body, head=head)))]

    return keys


def rules_of(module: ModuleType) -> set[RuleCheck]:
    """The rules whose checks stand in a module."""
    return {rule.check for rule in RULES if rule.check.__module__ == module.__name__}
