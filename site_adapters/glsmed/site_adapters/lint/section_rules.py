"""Headers that are never recognised, and sections whose weight contradicts what they are."""

from collections.abc import Iterator

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.layers import Layer
from glsmed.site_adapters.lint.lint_context import Subject, compared
from glsmed.site_adapters.lint.phrase_rules import key
from glsmed.site_adapters.text.bodies import BODY

_NO_EVIDENCE = ("indication", "history", "comparison", "technique", "recommendation")


def two_roles(subject: Subject) -> Iterator[Fault]:
    """A header under two roles of one file: only the last counts."""
    first: dict[str, str] = {}
    for role, at, header in _own_headers(subject):
        before = first.setdefault(key(header), role)
        if before != role:
            message = f"{header!r} is a header of {before!r} and of {role!r} — keep it in one role"
            yield subject.own.place("sections", role, at).fault(message)


def moved(subject: Subject) -> Iterator[Fault]:
    """A header that has another role in the parent."""
    roles = {key(header): role for layer in subject.layers[:-1] for role, header in _headers(layer)}
    for role, at, header in _own_headers(subject):
        before = roles.get(key(header), role)
        if before != role:
            message = f"{header!r} is a header of {before!r} in the parent, and of {role!r} here — is that meant?"
            yield subject.own.place("sections", role, at).fault(message)


def twice(subject: Subject) -> Iterator[Fault]:
    """A header twice under one role of the own file, without regard to case and spaces."""
    seen: set[tuple[str, str]] = set()
    for role, at, header in _own_headers(subject):
        if (role, key(header)) in seen:
            yield subject.own.place("sections", role, at).fault(f"{header!r} stands here already — take it away")
        seen.add((role, key(header)))


def header_is_phrase(subject: Subject) -> Iterator[Fault]:
    """Headers that are a term or a denial: "Effusion: small" would begin a section and mention nothing."""
    for role, at, header in _own_headers(subject):
        for phrase in subject.by_tokens.get(compared(header, subject.lexicon), ()):
            cue = subject.adapter.cues.get(phrase.cue)
            if phrase.role in ("term", "worded") or (cue is not None and cue.kind == "negation"):
                message = f"{header!r} is a phrase of {phrase.owner!r} too, and as a header it says nothing — keep one"
                yield subject.own.place("sections", role, at).fault(message)
                break


def _headers(layer: Layer) -> Iterator[tuple[str, str]]:
    yield from ((role, header) for role, headers in layer.file.sections.items() for header in headers)


def _own_headers(subject: Subject) -> Iterator[tuple[str, int, str]]:
    for role, headers in subject.own.file.sections.items():
        yield from ((role, at, header) for at, header in enumerate(headers))


def unrecognised(subject: Subject) -> Iterator[Fault]:
    """Headers that no report's line can match, since they are too long."""
    if not subject.probe_terms:
        return
    term = subject.probe_terms[0][0]
    for role, headers in subject.own.file.sections.items():
        for at, header in enumerate(headers):
            if subject.adapter.headers.get(key(header)) != role:
                continue
            dated = f"{header}: {term} 2021-03-04."  # behind "compared with", a finding without a date is one of now
            sections = {statement.section for statement in subject.reader.statements(dated)}
            if role not in sections:
                message = f"{header!r} is never recognised as a header — write at most 60 letters"
                yield subject.own.place("sections", role, at).fault(message)


def no_evidence_anywhere(subject: Subject) -> Iterator[Fault]:
    """An adapter in which no section, or no text before the first header, is evidence."""
    weights = subject.adapter.section_weights
    if not any(weights.values()):
        yield subject.own.place("section_weights").fault(
            "no section has a weight above 0, so no report says anything — add one"
        )
    elif not weights.get(BODY):
        message = f"text without a header has role {BODY!r}, which has no weight: it is not read — add `{BODY}: 1`"
        yield subject.own.place("section_weights").fault(message)


def question_as_evidence(subject: Subject) -> Iterator[Fault]:
    """Sections that ask or recall, with a weight that makes them evidence."""
    for role, weight in subject.own.file.section_weights.items():
        if role in _NO_EVIDENCE and weight > 0:
            message = (
                f"{role} is not about what this examination shows, but a weight of {weight:g} makes it evidence — use 0"
            )
            yield subject.own.place("section_weights", role).fault(message)


def impression_outranked(subject: Subject) -> Iterator[Fault]:
    """Findings that outrank the impression."""
    weights = subject.adapter.section_weights
    if subject.own.file.section_weights and weights.get("findings", 0) > weights.get(
        "impression", weights.get("findings", 0)
    ):
        message = "findings outrank the impression, where the reader commits — give impression the higher weight"
        yield subject.own.place("section_weights").fault(message)


def weight_without_header(subject: Subject) -> Iterator[Fault]:
    """Weights of roles that no header has."""
    roles = set(subject.adapter.headers.values())
    for role in subject.own.file.section_weights:
        if role != BODY and role not in roles:
            yield subject.own.place("section_weights", role).fault(
                f"no header has the role {role!r} — add headers, or take it away"
            )
