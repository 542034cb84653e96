"""Cues that cannot work as they are, or that nobody has tried."""

import difflib
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.lint.lint_context import ASSERTING, Phrase, Subject, is_plain
from glsmed.site_adapters.lint.words import NO_WORDS, WORDS, LanguageWords

_NEAR = 0.86
_NO_ONE_STATE = "one or the other"


def words_of(subject: Subject) -> LanguageWords:
    """What lint knows of the adapter's language."""
    return WORDS.get(subject.adapter.language, NO_WORDS)


def dead_phrase(subject: Subject) -> Iterator[Fault]:
    """Phrases that decide no mention, wherever they stand: another phrase, a stop or their scope is in the way."""
    if not subject.probe_terms:
        return
    for phrase in subject.own_phrases:
        if phrase.role == "cue" and phrase.tokens and not _works(subject, phrase):
            cue = subject.adapter.cues[phrase.owner]
            message = (
                f"{phrase.text!r} never acts as {cue.id!r} ({cue.kind}, scope {cue.scope}) — another phrase swallows "
                "it, or its scope looks away from the finding; try it with glsmed-adapter explain --text"
            )
            yield phrase.place.fault(message)


def _works(subject: Subject, phrase: Phrase) -> bool:
    return any(_acts(subject, phrase, text) for text in _trials(subject, phrase))


def _trials(subject: Subject, phrase: Phrase) -> Iterator[str]:
    for term, _ in subject.probe_terms:
        yield subject.sentence(phrase.text, term)
        yield subject.sentence(term, phrase.text)
        yield subject.sentence(term, phrase.text, subject.probe_terms[-1][0])


def _acts(subject: Subject, phrase: Phrase, text: str) -> bool:
    cue = subject.adapter.cues[phrase.owner]
    if cue.kind in ("pseudo", "terminator") or cue.scope == "own":
        return any(mark.cue == cue.id for mark in subject.reader.marks(text))
    return any(cue.id in statement.assertion.cue.split("+") for statement in subject.reader.statements(text))


def too_common(subject: Subject) -> Iterator[Fault]:
    """Phrases of cues that stand in almost any sentence: a letter, a number, a common word, nothing but fillers."""
    by_words = subject.adapter.grammar.script == "words"
    listed = subject.adapter.grammar.fillers if by_words else ()
    fillers = {token for text in listed for token in subject.lexicon.tokens(text)}
    common = words_of(subject).common
    for phrase, cue in _own_cue_phrases(subject, (*ASSERTING, "historical", "conditional", "unassessable")):
        tokens = subject.lexicon.tokens(phrase.text)
        short = len(tokens) == 1 and (tokens[0].isdigit() or tokens[0] in common or _is_letter(tokens[0]))
        if short or (tokens and len(tokens) > 1 and set(tokens) <= fillers):
            message = f"{phrase.text!r} of {cue.id!r} occurs in almost any sentence — give the words that make it a cue"
            yield phrase.place.fault(message)


def _is_letter(token: str) -> bool:
    return len(token) == 1 and token.isascii() and token.isalpha()


def hedged_denial(subject: Subject) -> Iterator[Fault]:
    """Denials that begin with doubt ("may not be")."""
    denials = set(words_of(subject).denials)
    if not denials:
        return
    for phrase, cue in _own_cue_phrases(subject, ("negation",)):
        doubt = _first_doubt(subject, phrase)
        denial = next((at for at, token in enumerate(phrase.tokens) if token in denials), len(phrase.tokens))
        if doubt is not None and doubt[0] < denial:
            message = (
                f"{phrase.text!r} of {cue.id!r} holds the doubt {doubt[1]!r} — is it a denial, or of kind uncertainty?"
            )
            yield phrase.place.fault(message)


def hedged_affirmation(subject: Subject) -> Iterator[Fault]:
    """Affirmations that hold doubt ("possibly showing")."""
    for phrase, cue in _own_cue_phrases(subject, ("affirmation",)):
        doubt = _first_doubt(subject, phrase)
        if doubt is not None:
            yield phrase.place.fault(
                f"{phrase.text!r} of {cue.id!r} holds the doubt {doubt[1]!r} — is it an affirmation?"
            )


def _first_doubt(subject: Subject, phrase: Phrase) -> tuple[int, str] | None:
    """Place and words of the first phrase of doubt inside another phrase."""
    for start in range(len(phrase.tokens)):
        for end in range(start + 1, len(phrase.tokens) + 1):
            for other in subject.by_tokens.get(phrase.tokens[start:end], ()):
                inside = other.role == "cue" and end - start < len(phrase.tokens)
                able = other.text in words_of(subject).ability
                if inside and not able and subject.adapter.cues[other.owner].kind == "uncertainty":
                    return start, other.text
    return None


def no_effect(subject: Subject) -> Iterator[Fault]:
    """Cues that nothing can trigger."""
    worded = {cue for finding in subject.adapter.findings.values() for cue in finding.worded}
    worded |= {compound.cue for layer in subject.layers for compound in layer.file.grammar.compounds if compound.cue}
    for at, _, cue in subject.own_cues:
        if (
            not (cue.phrases or cue.composed)
            and cue.id not in worded
            and not is_plain(cue)
            and not subject.adapter.components
        ):
            message = f"cue {cue.id!r} has no phrases and no finding words it — give it phrases, or remove it"
            yield subject.own.place("cues", at).fault(message)


def untested(subject: Subject) -> Iterator[Fault]:
    """Cues that are new, or have new phrases, and stand in no example."""
    examples = " ".join(example.text for example in subject.adapter.examples if not example.place.inherited).casefold()
    for at, entry, cue in subject.own_cues:
        own = [example for example in cue.examples if not example.place.inherited]
        shown = any(phrase.casefold() in examples for phrase in entry.phrases)
        if entry.phrases and not own and not shown:
            message = (
                f'cue {cue.id!r} has new phrases and no example — add `examples: ["…"]` with a sentence it decides'
            )
            yield subject.own.place("cues", at).fault(message)


def failing_example(subject: Subject) -> Iterator[Fault]:
    """Examples of the own file that do not hold."""
    for fault in subject.failed_examples:
        if fault.source != subject.own.document.source:
            continue
        yield Fault(fault.source, f"{fault.message} — correct the example or the adapter", fault.line, fault.key)


def failing_parent_example(subject: Subject) -> Iterator[Fault]:
    """Examples of a parent that no longer hold: perhaps on purpose."""
    for fault in subject.failed_examples:
        if fault.source != subject.own.document.source:
            message = f"no longer holds with {subject.adapter.label}: {fault.message} — is that intended?"
            yield Fault(fault.source, message, fault.line, fault.key)


def contradicting_examples(subject: Subject) -> Iterator[Fault]:
    """The same text with two different expectations."""
    seen: dict[tuple[str, str], str] = {}
    for example in subject.adapter.examples:
        for finding, expected in example.expect.items():
            before = seen.setdefault((example.text.casefold(), finding), expected)
            if before != expected and not example.place.inherited:
                message = (
                    f"expects {finding}: {expected}, but the same text above expects {before} — keep one of the two"
                )
                yield example.place.fault(message)


def looks_the_wrong_way(subject: Subject) -> Iterator[Fault]:
    """Phrases whose words tell where the finding must stand, under a scope that looks elsewhere."""
    words = words_of(subject)
    for phrase, cue in _own_cue_phrases(subject, ASSERTING):
        parts = subject.lexicon.tokens(phrase.text)
        ahead = len(parts) > 1 and parts[-1] in words.looks_ahead
        back = len(parts) > 1 and parts[0] in words.looks_back and not ahead
        if (ahead and cue.scope == "backward") or (back and cue.scope == "forward"):
            better = "forward" if ahead else "backward"
            message = f"{phrase.text!r} needs its finding on the other side — use scope: {better}, or both"
            yield phrase.place.fault(message)


def doubt_as_denial(subject: Subject) -> Iterator[Fault]:
    """Phrases that deny a denial ("cannot be excluded") in a cue of denial."""
    for phrase, cue in _own_cue_phrases(subject, ("negation", "resolved")):
        if _denies_denial(subject, phrase):
            message = f"{phrase.text!r} is doubt, and {cue.id!r} denies — put it into a cue of kind uncertainty"
            yield phrase.place.fault(message)


def _denies_denial(subject: Subject, phrase: Phrase) -> bool:
    tokens = subject.lexicon.tokens(phrase.text)
    if subject.adapter.grammar.script == "characters":
        text = "".join(tokens)
        return any(all(part in text for part in parts) for parts in words_of(subject).denied_doubt)
    return any(_in_order(parts, tokens) for parts in words_of(subject).denied_doubt)


def _in_order(parts: Sequence[str], tokens: Sequence[str]) -> bool:
    rest = iter(tokens)
    return all(part in rest for part in parts)


def denial_without_its_doubt(subject: Subject) -> Iterator[Fault]:
    """Denying words whose doubted form ("cannot be …") would be read as a denial."""
    words = words_of(subject)
    told: set[str] = set()
    for phrase, _ in _own_cue_phrases(subject, ("negation",)):
        word = _participle(subject, phrase, words)
        if word in told or not words.denial_form or not word.endswith(words.denial_endings):
            continue
        told.add(word)
        if _state(subject, words.denial_form.replace("{word}", word)) == "absent":
            form = words.denial_form.format(term="…", word=word)
            message = f"{phrase.text!r} denies, and so does its doubt {form!r} — add that to a cue of kind uncertainty"
            yield phrase.place.fault(message)


def _participle(subject: Subject, phrase: Phrase, words: LanguageWords) -> str:
    """The denying word without its auxiliaries ("has been excluded"); empty where the phrase denies in other words."""
    tokens = subject.lexicon.tokens(phrase.text)
    if subject.adapter.grammar.script == "characters":
        return "".join(tokens)
    rest = list(dropwhile(lambda token: token in words.auxiliaries, tokens))
    return "" if set(rest) & set(words.denials) else " ".join(rest)


def swallowed_change(subject: Subject) -> Iterator[Fault]:
    """Sentences about an unchanged finding that the adapter takes for a denial: a pseudo cue is missing."""
    for sentence in words_of(subject).unchanged:
        if _state(subject, sentence) == "absent":
            text = sentence.format(term=subject.probe_terms[0][0])
            message = f"{text!r} is read as a denial — a cue of kind pseudo must swallow its words"
            yield subject.own.place("cues").fault(message)


def denied_doubt(subject: Subject) -> Iterator[Fault]:
    """Sentences of doubt that the adapter takes for a denial."""
    for sentence in words_of(subject).doubted:
        if _state(subject, sentence) == "absent":
            text = sentence.format(term=subject.probe_terms[0][0])
            message = f"{text!r} is doubt and is read as a denial — a cue of kind uncertainty must hold its words"
            yield subject.own.place("cues").fault(message)


def plain_misread(subject: Subject) -> Iterator[Fault]:
    """Sentences that plainly affirm or deny, and that the adapter reads otherwise."""
    words = words_of(subject)
    for sentences, expected in ((words.plain, "present"), (words.denied, "absent")):
        for sentence in sentences:
            state = _state(subject, sentence)
            if state not in (expected, _NO_ONE_STATE):
                text = sentence.format(term=subject.probe_terms[0][0])
                message = f"{text!r} is read as {state or 'unmentioned'}, not {expected} — see explain --text"
                yield subject.own.place("cues").fault(message)


def _state(subject: Subject, sentence: str) -> str | None:
    """What the sentence says of every probe (None: nothing), or that it does not say the same of all."""
    states = set()
    for term, finding in subject.probe_terms:
        cell = subject.reader.read(sentence.replace("{term}", term)).cells.get(finding)
        states.add(cell.state if cell else None)
    return states.pop() if len(states) == 1 else _NO_ONE_STATE


def no_pseudo(subject: Subject) -> Iterator[Fault]:
    """An adapter that denies and has nothing to swallow what only looks like a denial."""
    kinds = {cue.kind for cue in subject.adapter.cues.values() if cue.phrases}
    if "negation" in kinds and "pseudo" not in kinds:
        message = 'there are denials and no pseudo cue, so "no change in" denies — add a cue of kind pseudo'
        yield subject.own.place("cues").fault(message)


def near_parent_id(subject: Subject) -> Iterator[Fault]:
    """New cues whose id is nearly that of a parent's cue."""
    for at, entry, _ in subject.own_cues:
        if entry.id not in subject.parent_cues:
            near = difflib.get_close_matches(entry.id, list(subject.parent_cues), n=1, cutoff=_NEAR)
            if near:
                message = f"{entry.id!r} makes a new cue beside {near[0]!r} — did you mean {near[0]!r}?"
                yield subject.own.place("cues", at, "id").fault(message)


def near_family(subject: Subject) -> Iterator[Fault]:
    """Families whose name is nearly that of another: they would not share calibration."""
    own = {entry.id for _, entry, _ in subject.own_cues}
    known = sorted({cue.family for cue in subject.adapter.cues.values() if cue.id not in own})
    for at, entry, _ in subject.own_cues:
        near = difflib.get_close_matches(entry.family or "", known, n=1, cutoff=_NEAR)
        if entry.family and entry.family not in known and near:
            message = f"{entry.family!r} makes a new family beside {near[0]!r} — did you mean {near[0]!r}?"
            yield subject.own.place("cues", at, "family").fault(message)


def named_as_finding(subject: Subject) -> Iterator[Fault]:
    """Cues with the name of a finding: neither a component nor a reader can tell them apart."""
    for at, entry, _ in subject.own_cues:
        if entry.id in subject.adapter.findings:
            message = f"{entry.id!r} is the name of a finding too — give the cue another id"
            yield subject.own.place("cues", at, "id").fault(message)


def changed_kind(subject: Subject) -> Iterator[Fault]:
    """Cues of the parent that become another kind here."""
    for at, entry, cue in subject.own_cues:
        parent = subject.parent_cues.get(entry.id)
        if parent is not None and parent.kind != cue.kind:
            message = f"{cue.id!r} is {parent.kind} in the parent and {cue.kind} here — give the new meaning a new id"
            yield subject.own.place("cues", at, "kind").fault(message)


def idle_fields(subject: Subject) -> Iterator[Fault]:
    """Fields that have no effect on this kind of cue."""
    for at, entry, cue in subject.own_cues:
        if cue.kind == "pseudo" and {"scope", "reach"} & entry.model_fields_set:
            yield subject.own.place("cues", at).fault(
                "a pseudo cue swallows words and has no scope or reach — remove them"
            )
        if entry.strength is not None and cue.prior is None:
            yield subject.own.place("cues", at, "strength").fault(
                "strength without certainty has no effect — add certainty"
            )
        elif entry.strength is not None and entry.certainty is None and cue.id not in subject.parent_cues:
            message = f"strength without certainty has no effect on {cue.id!r} — add certainty"
            yield subject.own.place("cues", at, "strength").fault(message)


def _own_cue_phrases(subject: Subject, kinds: Sequence[str]) -> Iterator[tuple[Phrase, Cue]]:
    for phrase in subject.own_phrases:
        if phrase.role == "cue" and subject.adapter.cues[phrase.owner].kind in kinds:
            yield phrase, subject.adapter.cues[phrase.owner]
