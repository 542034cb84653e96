"""How an adapter file with one fault is written."""

from dataclasses import dataclass
from textwrap import dedent

SITE = "adapter: st-mary\nversion: 2\nextends: en_radiology\n"


@dataclass(frozen=True, slots=True)
class SeededFault:
    """One faulty file.

    Attributes:
        rule: id of the rule that must find it.
        text: the file's content.
    """

    kind: str
    rule: str
    text: str


def site_fault(kind: str, rule: str, body: str) -> SeededFault:
    """A site's file with ``body``, in which ``rule`` must find something."""
    return SeededFault(kind, rule, SITE + dedent(body))


def cue_fault(kind: str, rule: str, fields: str, *, example: str = "") -> SeededFault:
    """A site's file with one cue of these fields, in flow style, and at most one example."""
    examples = f', examples: ["{example}"]' if example else ""
    return site_fault(kind, rule, f"cues:\n  - {{{fields}{examples}}}\n")


def term_fault(kind: str, rule: str, term: str) -> SeededFault:
    """A site's file that adds one term to effusion."""
    return site_fault(kind, rule, f"findings: {{effusion: {{terms: [{term}]}}}}\n")
