"""Phrases that mean two things, or say one thing twice."""

import re
from collections.abc import Iterator, Sequence

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import STATES
from glsmed.site_adapters.lint.cue_rules import words_of
from glsmed.site_adapters.lint.lint_context import Phrase, Subject, compared

_JOINING = ("conjunction", "alternative")
_CANONICAL_PARTS = {
    "lung_opacity": {"infiltration", "consolidation", "pneumonia", "edema", "atelectasis", "nodule", "mass"},
    "lung_lesion": {"nodule", "mass", "primary_tumour", "primary_tumor"},
    "pleural_other": {"pleural_thickening"},
    "enlarged_cardiomediastinum": {"cardiomegaly"},
    "consolidation": {"pneumonia", "infiltration"},
    "infiltration": {"pneumonia"},
}


def two_cues(subject: Subject) -> Iterator[Fault]:
    """The same words in two cues of the own file, or in one whose parent's cue counts instead."""
    for phrases in _rivals(subject):
        told = next(phrase for phrase in reversed(phrases) if phrase.own)
        winner = _winner(subject, phrases)
        if winner.own and len({phrase.owner for phrase in phrases if phrase.own}) == 1:
            continue
        other = next(phrase for phrase in reversed(phrases) if phrase.owner != winner.owner)
        message = (
            f"{told.text!r} is a phrase of {other.owner!r} and of {winner.owner!r}, which alone counts — "
            f"take it from one of them (remove: [{_quoted(other.text)}])"
        )
        yield told.place.fault(message)


def _rivals(subject: Subject) -> Iterator[Sequence[Phrase]]:
    """Phrases of several cues that a reader cannot tell apart, of which the own file wrote some."""
    for phrases in subject.by_tokens.values():
        cues = [phrase for phrase in phrases if phrase.role == "cue"]
        if len({phrase.owner for phrase in cues}) > 1 and any(phrase.own for phrase in cues):
            yield cues


def _winner(subject: Subject, phrases: Sequence[Phrase]) -> Phrase:
    order = list(subject.adapter.cues)
    return max(phrases, key=lambda phrase: order.index(phrase.owner))


def taken_over(subject: Subject) -> Iterator[Fault]:
    """Phrases that are another cue's in the parent."""
    owners = {compared(text, subject.lexicon): cue.id for cue in subject.parent_cues.values() for text in cue.phrases}
    for phrase in subject.own_phrases:
        owner = owners.get(phrase.tokens, phrase.owner)
        if phrase.role == "cue" and owner != phrase.owner:
            message = (
                f"{phrase.text!r} is a phrase of {owner!r} in the parent, and of {phrase.owner!r} here — is that meant?"
            )
            yield phrase.place.fault(message)


def twice_in_one(subject: Subject) -> Iterator[Fault]:
    """The same words twice in one list, however they are spelled."""
    for phrases in subject.by_tokens.values():
        seen: dict[tuple[str, str, str], Phrase] = {}
        for phrase in phrases:
            before = seen.setdefault((phrase.role, phrase.owner, phrase.cue), phrase)
            same = subject.lexicon.tokens(before.text) == subject.lexicon.tokens(phrase.text)
            respelled = key(before.text) != key(phrase.text)  # what is spelled alike, repeats_parent tells
            if phrase.own and same and respelled and phrase.role != "filler":
                message = f"{phrase.text!r} says the same as {before.text!r} above — take one away"
                yield phrase.place.fault(message)


def repeats_parent(subject: Subject) -> Iterator[Fault]:
    """The same phrase written twice in the own file, or already there in the parent."""
    for index, entry in enumerate(subject.own.file.cues):
        known = {key(text) for text in _parent_phrases(subject, entry.id)}
        for at, text in enumerate(entry.phrases):
            if key(text) in known and text not in entry.remove:
                place = subject.own.place("cues", index, "phrases", at)
                yield place.fault(f"{text!r} is a phrase of {entry.id!r} already — take it away")
            known.add(key(text))
    for name, finding in subject.own.file.findings.items():
        known = {key(text) for layer in subject.layers[:-1] for text in _terms(layer.file.findings.get(name))}
        for at, text in enumerate(finding.terms):
            if key(text) in known:
                place = subject.own.place("findings", name, "terms", at)
                yield place.fault(f"{text!r} is a term of {name!r} already — take it away")
            known.add(key(text))


def _parent_phrases(subject: Subject, cue_id: str) -> Iterator[str]:
    for layer in subject.layers[:-1]:
        yield from (text for entry in layer.file.cues if entry.id == cue_id for text in entry.phrases)


def _terms(entry: object) -> tuple[str, ...]:
    terms: tuple[str, ...] = getattr(entry, "terms", ())
    return terms


def key(text: str) -> str:
    """The phrase without regard to case and spaces."""
    return " ".join(text.casefold().split())


def removed_and_added(subject: Subject) -> Iterator[Fault]:
    """Phrases that the same entry takes away and adds."""
    for index, entry in enumerate(subject.own.file.cues):
        for at, text in enumerate(entry.remove):
            if key(text) in {key(phrase) for phrase in entry.phrases}:
                place = subject.own.place("cues", index, "remove", at)
                yield place.fault(f"{text!r} is removed and added in the same entry — keep one of the two")


def term_is_cue(subject: Subject) -> Iterator[Fault]:
    """Words that are a finding's term and a cue at once."""
    for term, cue in _clashes(subject, ("term", "worded"), ("cue",)):
        message = (
            f"{term.text!r} is a term of {term.owner!r} and a phrase of cue {cue.owner!r} — "
            "use `worded:` for words that say both"
        )
        yield _own_of(term, cue).place.fault(message)


def _clashes(
    subject: Subject, roles: Sequence[str], other_roles: Sequence[str], *, joining: bool = False
) -> Iterator[tuple[Phrase, Phrase]]:
    """Phrases of two roles that a reader cannot tell apart, where the own file wrote at least one of them.

    Args:
        subject: the adapter.
        roles: of the first phrase.
        other_roles: of the second.
        joining: leave out terminators as the second; a joiner may be one where a list can end a statement.
    """
    for phrases in subject.by_tokens.values():
        first = next((phrase for phrase in phrases if phrase.role in roles), None)
        others = (phrase for phrase in phrases if phrase.role in other_roles)
        second = next((phrase for phrase in others if not (joining and _ends(subject, phrase))), None)
        if first is not None and second is not None and (first.own or second.own):
            yield first, second


def _own_of(phrase: Phrase, other: Phrase) -> Phrase:
    return phrase if phrase.own else other


def two_findings(subject: Subject) -> Iterator[Fault]:
    """The same term in two findings of which neither is a kind of the other."""
    for phrases in subject.by_tokens.values():
        terms = [phrase for phrase in phrases if phrase.role == "term"]
        for term in terms:
            others = [other for other in terms if not _related(term.owner, other.owner)]
            if term.own and others and not _meant(subject, term, others[0].owner):
                message = (
                    f"{term.text!r} is a term of {others[0].owner!r} too, so it mentions both — "
                    "take it from one of them, or say in an example that both are meant"
                )
                yield term.place.fault(message)
                break


def _related(one: str, other: str) -> bool:
    return one == other or other in _CANONICAL_PARTS.get(one, ()) or one in _CANONICAL_PARTS.get(other, ())


def _meant(subject: Subject, term: Phrase, other: str) -> bool:
    """Whether an example of the adapter expects both findings from these words, or the words name both."""
    if all(part.split("_")[-1][:5] in key(term.text) for part in (term.owner, other)):
        return True
    return any(
        key(term.text) in key(example.text) and {term.owner, other} <= set(example.expect)
        for example in subject.adapter.examples
    )


def joiner_is_phrase(subject: Subject) -> Iterator[Fault]:
    """Words that join a list and are a cue or a term as well, or that join in two ways."""
    for joiner, other in _clashes(subject, _JOINING, ("cue", "term", "worded"), joining=True):
        message = f"{joiner.text!r} joins a list and is a phrase of {other.owner!r} — it can only be one of the two"
        yield _own_of(joiner, other).place.fault(message)
    for joiner, other in _clashes(subject, ("conjunction",), ("alternative",)):
        message = f"{joiner.text!r} is a conjunction and an alternative — it can only be one of the two"
        yield _own_of(other, joiner).place.fault(message)


def _ends(subject: Subject, phrase: Phrase) -> bool:
    """Whether it is a phrase of a terminator, which a joiner may be where a list can end a statement."""
    return phrase.role == "cue" and subject.adapter.cues[phrase.owner].kind == "terminator"


def filler_is_phrase(subject: Subject) -> Iterator[Fault]:
    """Fillers that deny or name a finding: inside a phrase they would be skipped."""
    return _fillers(subject, grave=True)


def filler_denies(subject: Subject) -> Iterator[Fault]:
    """Fillers that are a word of denial: "heart is not enlarged" would be "heart is enlarged"."""
    denials = words_of(subject).denials
    for phrase in subject.own_phrases:
        if phrase.role == "filler" and set(subject.lexicon.tokens(phrase.text)) & set(denials):
            message = f"{phrase.text!r} denies, and as a filler it is skipped inside phrases — take it from the fillers"
            yield phrase.place.fault(message)


def filler_is_mild_phrase(subject: Subject) -> Iterator[Fault]:
    """Fillers that doubt, join or end a scope: inside a phrase they would be skipped."""
    return _fillers(subject, grave=False)


def _fillers(subject: Subject, *, grave: bool) -> Iterator[Fault]:
    for filler, other in _clashes(subject, ("filler",), ("cue", "term", *_JOINING)):
        if _grave(subject, other) is grave and (grave or not _shown(subject, other)):
            message = (
                f"{filler.text!r} is a filler and belongs to {other.owner!r}: inside a phrase it is skipped — "
                "take it from the fillers"
            )
            yield _own_of(filler, other).place.fault(message)


def _grave(subject: Subject, phrase: Phrase) -> bool:
    cue = subject.adapter.cues.get(phrase.owner)
    return phrase.role == "term" or (cue is not None and STATES.get(cue.kind) == "absent")


def _shown(subject: Subject, phrase: Phrase) -> bool:
    """Whether it is a cue that an example shows at work although it is a filler."""
    cue = subject.adapter.cues.get(phrase.owner)
    examples = () if phrase.role != "cue" or cue is None else cue.examples
    return any(key(phrase.text) in key(example.text).rstrip(".").split() for example in examples)


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w ]+", text) else f'"{text}"'
