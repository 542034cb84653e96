"""Numbers that contradict the words, each other, or the parent's."""

from collections.abc import Iterator
from itertools import combinations

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import AFFIRMED, AFFIRMED_ALONE, Cue
from glsmed.site_adapters.lint.cue_rules import words_of
from glsmed.site_adapters.lint.lint_context import Phrase, Subject

_SURE = 0.97
_DENIAL_MOST = 0.3
_AFFIRMATION_LEAST = 0.5
_FARTHEST_FROM_PARENT = 0.5
_WIDEST_FAMILY = 0.6
_IMPROBABLE = 0.2  # below, a stronger word leaves less; above, it may well leave more
_STRONGEST = 200.0
_WEAKEST = 1.0
_NO_EVIDENCE = ("historical", "conditional", "unassessable")
_LADDERS = (
    ("very_unlikely", "unlikely", "possible", "probable", "most_likely", "affirmed"),
    ("less_likely", "possible"),
    ("cannot_entirely_exclude", "cannot_exclude", "probable"),
    ("cannot_safely_exclude", "cannot_exclude"),
    ("possibly", "probable"),
    ("may_represent", "probable"),
    ("could_represent", "probable"),
    ("questionable", "probable"),
    ("suggests", "highly_suggests"),
    ("suspected", "strongly_suspected"),
    ("upper_normal", "borderline", "affirmed"),
    ("negated", "negated_doubtful", "possible"),
)


def sure_doubt(subject: Subject) -> Iterator[Fault]:
    """Doubt with a certainty that leaves none."""
    for at, _, cue in subject.own_cues:
        if cue.prior and cue.kind in ("uncertainty", "differential") and not 1 - _SURE <= cue.prior.mean <= _SURE:
            kind = "affirmation" if cue.prior.mean > _SURE else "negation"
            message = f"{cue.id!r} is doubt with certainty {cue.prior.mean:g} — use kind {kind}, or .03 to .97"
            yield subject.own.place("cues", at, "certainty").fault(message)


def likely_denial(subject: Subject) -> Iterator[Fault]:
    """Denials that leave the finding likely."""
    for at, _, cue in subject.own_cues:
        if cue.prior and cue.state == "absent" and cue.prior.mean > _DENIAL_MOST:
            message = (
                f"{cue.id!r} denies with certainty {cue.prior.mean:g} that the finding is there — use kind uncertainty"
            )
            yield subject.own.place("cues", at, "certainty").fault(message)


def unlikely_affirmation(subject: Subject) -> Iterator[Fault]:
    """Affirmations that leave the finding unlikely."""
    for at, _, cue in subject.own_cues:
        if cue.prior and cue.kind == "affirmation" and cue.prior.mean < _AFFIRMATION_LEAST:
            message = f"{cue.id!r} affirms with certainty {cue.prior.mean:g} — use kind uncertainty, or raise it"
            yield subject.own.place("cues", at, "certainty").fault(message)


def graded_no_evidence(subject: Subject) -> Iterator[Fault]:
    """Cues that are not evidence ("history of"), with a certainty that makes them evidence."""
    for at, _, cue in subject.own_cues:
        if cue.kind in _NO_EVIDENCE and cue.prior is not None:
            message = (
                f"{cue.kind} words say nothing about this examination, but a certainty makes them evidence — remove it"
            )
            yield subject.own.place("cues", at, "certainty").fault(message)


def odd_strength(subject: Subject) -> Iterator[Fault]:
    """Priors that no site's labels could move, or that weigh less than one label."""
    for at, entry, cue in subject.own_cues:
        if entry.strength is not None and cue.prior and not _WEAKEST <= cue.prior.strength <= _STRONGEST:
            effect = "the first gold label decides" if cue.prior.strength < _WEAKEST else "gold labels hardly move it"
            message = f"a strength of {cue.prior.strength:g} labels: {effect} — use 1 to {_STRONGEST:g}"
            yield subject.own.place("cues", at, "strength").fault(message)


def far_from_parent(subject: Subject) -> Iterator[Fault]:
    """Certainties that lie far from the parent's: perhaps a typing error."""
    for at, entry, cue in subject.own_cues:
        parent = subject.parent_cues.get(entry.id)
        if entry.certainty is None or not (parent and parent.prior and cue.prior):
            continue
        if abs(parent.prior.mean - cue.prior.mean) > _FARTHEST_FROM_PARENT:
            message = f"{cue.prior.mean:g} where the parent says {parent.prior.mean:g} — is the number right?"
            yield subject.own.place("cues", at, "certainty").fault(message)


def not_monotone(subject: Subject) -> Iterator[Fault]:
    """Stronger words that mean less than the plain ones ("very likely" below "likely"), weaker ones that mean more."""
    graded = {phrase.tokens: phrase for phrase in subject.phrases if _graded(subject, phrase)}
    words = words_of(subject)
    told = set()
    for phrase in graded.values():
        for modifiers, stronger in ((words.stronger, True), (words.weaker, False)):
            plain = graded.get(_without(phrase.tokens, modifiers, subject))
            if (
                plain is None
                or plain.owner == phrase.owner
                or not (plain.own or phrase.own or _own_number(subject, phrase, plain))
            ):
                continue
            cue, other = subject.adapter.cues[phrase.owner], subject.adapter.cues[plain.owner]
            if not _in_order(cue, other, stronger=stronger) and (cue.id, other.id) not in told:
                told.add((cue.id, other.id))
                yield _order_fault(subject, phrase, plain)


def _own_number(subject: Subject, *phrases: Phrase) -> bool:
    own = {entry.id for _, entry, _ in subject.own_cues if entry.certainty is not None}
    return any(phrase.owner in own for phrase in phrases)


def _graded(subject: Subject, phrase: Phrase) -> bool:
    return phrase.role == "cue" and subject.adapter.cues[phrase.owner].kind in ("uncertainty", "affirmation")


def _without(tokens: tuple[str, ...], modifiers: tuple[str, ...], subject: Subject) -> tuple[str, ...]:
    """The phrase without a modifier at its beginning or after "is"; itself if there is none."""
    for modifier in modifiers:
        parts = tuple(subject.lexicon.tokens(modifier))
        for start in (0, 1):
            if tokens[start : start + len(parts)] == parts and len(tokens) > len(parts):
                return tokens[:start] + tokens[start + len(parts) :]
    return ()


def _in_order(cue: Cue, plain: Cue, *, stronger: bool) -> bool:
    if cue.prior is None or plain.prior is None:
        return True
    if stronger and plain.prior.mean >= 0.5:
        return cue.prior.mean >= plain.prior.mean
    return cue.prior.mean <= plain.prior.mean or (stronger and plain.prior.mean > _IMPROBABLE)


def _order_fault(subject: Subject, phrase: Phrase, plain: Phrase) -> Fault:
    means = [prior.mean for owner in (phrase.owner, plain.owner) if (prior := subject.adapter.cues[owner].prior)]
    message = (
        f"{phrase.text!r} ({phrase.owner}: {means[0]:g}) and {plain.text!r} ({plain.owner}: {means[1]:g}) are in the "
        "wrong order — correct one certainty, or move the phrase"
    )
    entry = next((at for at, entry, _ in subject.own_cues if entry.id in (phrase.owner, plain.owner)), None)
    if phrase.own:
        return phrase.place.fault(message)
    if plain.own:
        return plain.place.fault(message)
    return subject.own.place("cues", entry or 0, "certainty").fault(message)


def out_of_ladder(subject: Subject) -> Iterator[Fault]:
    """Degrees that every vocabulary has, in an order that no reader means ("possible" above "probable")."""
    own = {entry.id: at for at, entry, _ in subject.own_cues if entry.certainty is not None}
    cues = subject.adapter.cues
    pairs = {pair for ladder in _LADDERS for pair in combinations(ladder, 2) if cues.keys() >= set(pair)}
    for lower, higher in [(cues[low], cues[high]) for low, high in sorted(pairs)]:
        told = higher.id if higher.id in own else lower.id
        if told in own and lower.prior and higher.prior and lower.prior.mean > higher.prior.mean:
            lies_above = f"{lower.id} ({lower.prior.mean:g}) lies above {higher.id} ({higher.prior.mean:g})"
            yield subject.own.place("cues", own[told], "certainty").fault(f"{lies_above} — correct one certainty")


def one_bare_form(subject: Subject) -> Iterator[Fault]:
    """A certainty of bare mentions that leaves out those that are a noun phrase alone, about half of them."""
    own = {entry.id: at for at, entry, _ in subject.own_cues if entry.certainty is not None}
    alone = subject.adapter.cues.get(AFFIRMED_ALONE)
    if AFFIRMED in own and AFFIRMED_ALONE not in own and alone is not None and alone.prior is not None:
        message = f"{AFFIRMED_ALONE!r} stays at {alone.prior.mean:g}, as the parent has it — give both a certainty"
        yield subject.own.place("cues", own[AFFIRMED], "certainty").fault(message)


def mixed_family(subject: Subject) -> Iterator[Fault]:
    """Families that share calibration among denials and others, or among numbers far apart."""
    for at, entry, cue in subject.own_cues:
        relatives = [other for other in subject.adapter.cues.values() if other.family == cue.family and other.prior]
        if entry.family is None or cue.prior is None:
            continue
        if any((other.state == "absent") != (cue.state == "absent") for other in relatives):
            message = (
                f"family {cue.family!r} holds denials and others, which would share calibration — use two families"
            )
            yield subject.own.place("cues", at, "family").fault(message)
        elif any(abs(other.prior.mean - cue.prior.mean) > _WIDEST_FAMILY for other in relatives if other.prior):
            message = f"family {cue.family!r} holds certainties more than {_WIDEST_FAMILY:g} apart — use two families"
            yield subject.own.place("cues", at, "family").fault(message)
