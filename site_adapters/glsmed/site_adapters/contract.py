"""The contract of every adapter, to be called from a hospital's own tests: ``check_site_adapter("st-mary.yaml")``."""

from pathlib import Path

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.run import lint


def check_site_adapter(adapter: str | Path) -> Adapter:
    """The adapter, if nothing is surely wrong with it and it reads as every adapter must.

    Lint finds no error (examples hold, no cue is dead, no number contradicts another), and on the adapter's own terms:
    spans are those of the text, probabilities lie within 0 and 1, reading twice gives the same, and texts without
    words, very long ones and control characters are read without an error.

    Raises:
        ConfigurationError: with every error, as ``file:line: key: what — what to do``.
        AssertionError: the engine itself breaks the contract; says with which text.
    """
    errors = [problem.fault for problem in lint(adapter) if problem.severity == "error"]
    if errors:
        raise ConfigurationError(errors)
    subject = load_subject(adapter)
    for text in _texts(subject):
        _check_reading(subject, text)
    return subject.adapter


def _texts(subject: Subject) -> list[str]:
    terms = [finding.terms[0] for finding in subject.adapter.findings.values() if finding.terms]
    examples = [example.text for example in subject.adapter.examples]
    odd = ["", " \n\t ", "\x00\x1b[0m", "?" * 1000, "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁ ﾊﾝｶｸ"]
    return [*odd, *examples, *[subject.sentence(term) for term in terms], subject.sentence(*terms) * 50]


def _check_reading(subject: Subject, text: str) -> None:
    cells = subject.reader.read(text).cells
    told = text if len(text) <= 80 else text[:79] + "…"
    if subject.reader.read(text).cells != cells:
        raise AssertionError(f"{told!r} is read in two ways")
    for finding, cell in cells.items():
        inside = all(0 <= span.start < span.end <= len(text) for span in cell.evidence)
        if not (inside and cell.evidence and 0 < cell.probability < 1 and cell.spread > 0 and cell.cue):
            raise AssertionError(f"{told!r}: the cell of {finding} breaks the contract: {cell}")
