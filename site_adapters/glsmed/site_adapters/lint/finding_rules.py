"""Findings and terms that do not mention what they should."""

import difflib
from collections.abc import Iterator

from glsmed.shared.errors import Fault
from glsmed.shared.findings import CANONICAL_FINDINGS
from glsmed.site_adapters.adapter.adapter import STATES
from glsmed.site_adapters.lint.cue_rules import words_of
from glsmed.site_adapters.lint.lint_context import Phrase, Subject

_NEAR = 0.8
_NEARLY_SURE = 0.7
_SHORTEST_PART = 4
_SWALLOWING = ("negation", "resolved", "historical", "conditional", "unassessable")


def near_canonical(subject: Subject) -> Iterator[Fault]:
    """Finding names that are nearly a canonical one, or one of the parent's."""
    parents = {name for layer in subject.layers[:-1] for name in layer.file.findings}
    known = sorted({*CANONICAL_FINDINGS, *parents})
    for name in subject.own.file.findings:
        near = difflib.get_close_matches(name.rstrip("s"), known, n=1, cutoff=_NEAR)
        if name not in known and near:
            message = f"{name!r} is not a canonical finding, so no study knows it — did you mean {near[0]!r}?"
            yield subject.own.place("findings", name).fault(message)


def holds_canonical(subject: Subject) -> Iterator[Fault]:
    """New findings whose name holds a canonical one ("pleural_effusion"), and no example tells the two apart."""
    parents = {name for layer in subject.layers[:-1] for name in layer.file.findings}
    own = [set(example.expect) for example in subject.adapter.examples if not example.place.inherited]
    for name in subject.own.file.findings:
        inside = [known for known in CANONICAL_FINDINGS if set(known.split("_")) < set(name.split("_"))]
        if inside and name not in parents and not any({name, inside[0]} <= tested for tested in own):
            message = f"{name!r} is a finding beside {inside[0]!r} — if it is intended, add an example that has both"
            yield subject.own.place("findings", name).fault(message)


def unreachable_term(subject: Subject) -> Iterator[Fault]:
    """Terms that mention nothing: an exclusion, a cue or a sign swallows them."""
    for phrase in subject.own_phrases:
        if phrase.role in ("term", "worded") and phrase.tokens and not _mentions(subject, phrase):
            message = (
                f"{phrase.text!r} never mentions {phrase.owner!r} — another phrase swallows it; see explain --text"
            )
            yield phrase.place.fault(message)


def _mentions(subject: Subject, phrase: Phrase) -> bool:
    statements = subject.reader.statements(subject.sentence(phrase.text))
    return any(statement.assertion.finding == phrase.owner for statement in statements)


def excluded_term(subject: Subject) -> Iterator[Fault]:
    """Exclusions that are a term of the same finding, or a cue, themselves."""
    for phrase in _own_exclusions(subject):
        same = [
            other
            for other in subject.by_tokens[phrase.tokens]
            if (other.role in ("term", "worded") and other.owner == phrase.owner) or other.role == "cue"
        ]
        if same:
            message = f"{phrase.text!r} is also a phrase of {same[0].owner!r}, which wins — remove one of the two"
            yield phrase.place.fault(message)


def idle_exclusion(subject: Subject) -> Iterator[Fault]:
    """Exclusions that hold nothing to exclude."""
    for phrase in _own_exclusions(subject):
        if not _holds_phrase(subject, phrase):
            message = f"{phrase.text!r} holds no term or cue, so there is nothing to exclude — remove it"
            yield phrase.place.fault(message)


def _own_exclusions(subject: Subject) -> Iterator[Phrase]:
    return (phrase for phrase in subject.own_phrases if phrase.role == "exclude" and phrase.tokens)


def _holds_phrase(subject: Subject, phrase: Phrase) -> bool:
    """Whether any of its words stands in another phrase, alone or at the end of a compound."""
    known = {token for other in subject.phrases if other.role in ("term", "worded", "cue") for token in other.tokens}
    if not known.isdisjoint(phrase.tokens):
        return True
    long = [token for token in known if len(token) >= _SHORTEST_PART]
    return any(part in token for token in phrase.tokens for part in long)


def _parts(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every part of the phrase but itself."""
    for start in range(len(tokens)):
        for end in range(start + 1, len(tokens) + 1):
            if end - start < len(tokens):
                yield tokens[start:end]


def swallowing_exclusion(subject: Subject) -> Iterator[Fault]:
    """Exclusions that swallow a whole term of another finding."""
    for phrase in subject.own_phrases:
        if phrase.role != "exclude":
            continue
        for tokens in _parts(phrase.tokens):
            others = [other for other in subject.by_tokens.get(tokens, ()) if other.role == "term"]
            owners = {other.owner for other in others}
            if others and phrase.owner not in owners and not _still_mentioned(subject, phrase):
                message = f"{phrase.text!r} takes {others[0].text!r} ({others[0].owner}) away too — is that intended?"
                yield phrase.place.fault(message)
                break


def _still_mentioned(subject: Subject, phrase: Phrase) -> bool:
    return any(other.role in ("term", "worded") for other in subject.by_tokens[phrase.tokens])


def cue_in_term(subject: Subject) -> Iterator[Fault]:
    """Terms that hold a denial or what is no evidence ("no effusion" as a term of effusion)."""
    for phrase in subject.own_phrases:
        if phrase.role != "term":
            continue
        inside = [
            other for part in _parts(phrase.tokens) for other in subject.by_tokens.get(part, ()) if other.role == "cue"
        ]
        # A single character is part of many words where the script has no spaces (無 in 無気肺).
        if subject.adapter.grammar.script == "characters":
            inside = [other for other in inside if len(other.tokens) > 1]
        denying = [cue for cue in inside if subject.adapter.cues[cue.owner].kind in _SWALLOWING]
        if denying and len(subject.lexicon.tokens(phrase.text)) > 1:
            message = (
                f"{phrase.text!r} holds {denying[0].text!r} ({denying[0].owner}), and as a term it affirms — "
                f"put it under `worded: {{{denying[0].owner}: […]}}`"
            )
            yield phrase.place.fault(message)


def doubt_in_term(subject: Subject) -> Iterator[Fault]:
    """Terms that hold doubt ("possible nodule" as a term of nodule), which they hide."""
    for phrase in subject.own_phrases:
        if phrase.role != "term":
            continue
        inside = [
            other for part in _parts(phrase.tokens) for other in subject.by_tokens.get(part, ()) if other.role == "cue"
        ]
        doubts = [other for other in inside if _leaves_doubt(subject, other)]
        if doubts:
            message = (
                f"{phrase.text!r} holds {doubts[0].text!r} ({doubts[0].owner}), and as a term it affirms — leave the "
                f"doubt out, or put it under `worded: {{{doubts[0].owner}: […]}}`"
            )
            yield phrase.place.fault(message)


def _leaves_doubt(subject: Subject, phrase: Phrase) -> bool:
    cue = subject.adapter.cues[phrase.owner]
    return cue.kind == "uncertainty" and cue.prior is not None and cue.prior.mean < _NEARLY_SURE


def contradicting_words(subject: Subject) -> Iterator[Fault]:
    """Words under a cue that affirms or doubts, which hold a denial."""
    for phrase in subject.own_phrases:
        if phrase.role != "worded" or STATES.get(subject.adapter.cues[phrase.cue].kind) == "absent":
            continue
        inside = [
            other for part in _parts(phrase.tokens) for other in subject.by_tokens.get(part, ()) if other.role == "cue"
        ]
        denials = [other for other in inside if subject.adapter.cues[other.owner].kind == "negation"]
        if denials:
            message = (
                f"{phrase.text!r} is under {phrase.cue!r} and holds the denial {denials[0].text!r} — is that intended?"
            )
            yield phrase.place.fault(message)


def term_in_cue(subject: Subject) -> Iterator[Fault]:
    """Cues that hold a finding's term and so swallow the mention."""
    return _swallowed_terms(subject, silent=False)


def term_in_silent_cue(subject: Subject) -> Iterator[Fault]:
    """Pseudo cues and terminators that hold a finding's term and so swallow the mention."""
    return _swallowed_terms(subject, silent=True)


def _swallowed_terms(subject: Subject, *, silent: bool) -> Iterator[Fault]:
    for phrase in subject.own_phrases:
        if phrase.role != "cue" or (subject.adapter.cues[phrase.owner].kind in ("pseudo", "terminator")) is not silent:
            continue
        terms = [
            other for part in _parts(phrase.tokens) for other in subject.by_tokens.get(part, ()) if other.role == "term"
        ]
        if terms:
            message = (
                f"{phrase.text!r} holds the term {terms[0].text!r}, whose mention it swallows — leave out the term"
            )
            yield phrase.place.fault(message)


def too_short(subject: Subject) -> Iterator[Fault]:
    """Terms that match far too often."""
    common = words_of(subject).common
    for phrase in subject.own_phrases:
        letters = sum(char.isalpha() for char in phrase.text)
        if phrase.role == "term" and (letters < 2 or phrase.text.casefold() in common):
            message = f"{phrase.text!r} matches almost any report — give more of its words"
            yield phrase.place.fault(message)


def worded_twice(subject: Subject) -> Iterator[Fault]:
    """Words under two cues of one finding, or under `worded` and `terms` at once: only the last counts."""
    for phrases in subject.by_tokens.values():
        seen: dict[str, Phrase] = {}
        for phrase in phrases:
            if phrase.role not in ("term", "worded"):
                continue
            before = seen.setdefault(phrase.owner, phrase)
            if (
                before is not phrase
                and (before.role, before.cue) != (phrase.role, phrase.cue)
                and (phrase.own or before.own)
            ):
                where = f"worded.{before.cue}" if before.role == "worded" else "terms"
                message = (
                    f"{phrase.text!r} stands under {where} of {phrase.owner!r} too, and only one counts — keep one"
                )
                yield (phrase if phrase.own else before).place.fault(message)


def untested(subject: Subject) -> Iterator[Fault]:
    """New findings that stand in no example."""
    tested = {name for example in subject.adapter.examples for name in example.expect}
    parents = {name for layer in subject.layers[:-1] for name in layer.file.findings}
    for name in subject.own.file.findings:
        if subject.layers[:-1] and name not in tested and name not in parents:
            message = f"the new finding {name!r} has no example — add one that expects it"
            yield subject.own.place("findings", name).fault(message)
