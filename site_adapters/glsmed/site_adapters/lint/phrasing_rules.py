"""Words around findings and cues, words of headers, and languages, that contradict each other or can never match."""

from collections.abc import Iterator

from glsmed.shared.errors import Fault
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.schema import Phrasing
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.lint.phrase_rules import key
from glsmed.site_adapters.lint.spelling_rules import PATTERN
from glsmed.site_adapters.text.mending import SHORTEST_SLIP

# Pairs of lists that no word can be in: each says the contrary of the other.
_CONTRARY = (
    ("left", "right"),
    ("left", "both_sides"),
    ("right", "both_sides"),
    ("articles", "definite"),
    ("earlier", "now"),
    ("carriers", "changes"),
    ("nots", "observing"),
    ("nots", "asserting"),
    ("nots", "carriers"),
    ("nots", "limits"),
)
_SUFFIX = "_radiology"
_SHORTEST_HEADER_WORD = 2


def two_lists(subject: Subject) -> Iterator[Fault]:
    """A word in two lists of which one says the contrary of the other."""
    in_lists = {name: set(map(key, words)) for name, words in subject.adapter.phrasing.items()}
    for name, at, word in _own_words(subject):
        for pair in _CONTRARY:
            other = pair[1 - pair.index(name)] if name in pair else ""
            if other and key(word) in in_lists[other]:
                message = f"{word!r} is in {name!r} and in {other!r}, which say the contrary — keep it in one"
                yield subject.own.place("phrasing", name, at).fault(message)


def nothing_to_find(subject: Subject) -> Iterator[Fault]:
    """Words of phrasing without a letter or sign that could be compared, or written as patterns."""
    for name, at, word in _own_words(subject):
        if not subject.lexicon.tokens(word):
            message = f"{word!r} holds nothing that can be found — write it in words"
            yield subject.own.place("phrasing", name, at).fault(message)
        elif PATTERN.search(word):
            message = f"{word!r} looks like a pattern, but words are literal — write each wording out"
            yield subject.own.place("phrasing", name, at).fault(message)


def removes_nothing(subject: Subject) -> Iterator[Fault]:
    """Words taken out of the lists of phrasing that no parent has in one."""
    parents = [layer.file.phrasing for layer in subject.layers[:-1]]
    known = {key(word): word for phrasing in parents for name in _LISTS for word in getattr(phrasing, name)}
    for at, word in enumerate(subject.own.file.phrasing.remove):
        if key(word) not in known:
            message = f"{word!r} is in no list of the parent{did_you_mean(word, list(known.values()))}"
            yield subject.own.place("phrasing", "remove", at).fault(message)


def header_word_two_roles(subject: Subject) -> Iterator[Fault]:
    """A word that gives an unknown header two roles: only the first counts."""
    first: dict[str, str] = {}
    for role, words in subject.adapter.header_words.items():
        for word in words:
            first.setdefault(key(word), role)
    for role, at, word in _own_header_words(subject):
        before = first[key(word)]
        if before != role:
            message = f"{word!r} already gives a header the role {before!r} — keep it in one role"
            yield subject.own.place("header_words", role, at).fault(message)


def header_word_never_matches(subject: Subject) -> Iterator[Fault]:
    """Words that no word of a header begins with: with a space or sign in them, or with a finding's first word."""
    if subject.adapter.grammar.script == "characters":
        return
    for role, at, word in _own_header_words(subject):
        folded = subject.lexicon.folding.fold(word)[0]
        if not folded.isalpha():
            message = f"{word!r} is compared with the beginnings of single words — write letters only"
            yield subject.own.place("header_words", role, at).fault(message)
        elif folded in subject.lexicon.openers:
            message = f"{word!r} begins a finding, and a header that names a finding has no role — take it away"
            yield subject.own.place("header_words", role, at).fault(message)


def header_word_too_short(subject: Subject) -> Iterator[Fault]:
    """Beginnings of words that almost any header has."""
    if subject.adapter.grammar.script == "characters":
        return
    for role, at, word in _own_header_words(subject):
        if len(word.strip()) < _SHORTEST_HEADER_WORD:
            message = f"{word!r} begins words of almost any header — write more of it"
            yield subject.own.place("header_words", role, at).fault(message)


def unknown_language(subject: Subject) -> Iterator[Fault]:
    """Languages without a built-in vocabulary: their sentences cannot be read."""
    known = [name.removesuffix(_SUFFIX) for name in built_in_names()]
    for at, language in enumerate(subject.own.file.languages):
        if language not in known:
            message = f"{language!r} has no built-in vocabulary (there are {', '.join(known)}) — take it away"
            yield subject.own.place("languages", at).fault(message)


def misheard_is_known(subject: Subject) -> Iterator[Fault]:
    """Misheard words that are words of a finding or cue themselves, and would no longer be read as those."""
    for word, meant in subject.own.file.grammar.misheard.items():
        tokens = tuple(subject.lexicon.tokens(word))
        if subject.lexicon.index.get(tokens) is not None:
            message = f"{word!r} is a phrase of this adapter and would be read as {meant!r} — take it away"
            yield subject.own.place("grammar", "misheard", word).fault(message)


def misheard_to_nothing(subject: Subject) -> Iterator[Fault]:
    """Misheard words that are read as words of no finding or cue."""
    for word, meant in subject.own.file.grammar.misheard.items():
        if not subject.lexicon.index.find(subject.lexicon.tokens(meant)):
            message = (
                f"{meant!r} holds no phrase of this adapter, so nothing is gained — write the words that were meant"
            )
            yield subject.own.place("grammar", "misheard", word).fault(message)


def own_word_is_safe(subject: Subject) -> Iterator[Fault]:
    """Words that are no slip of the pen, and are never taken for one: they are too short."""
    for at, word in enumerate(subject.own.file.grammar.own_words):
        if max(map(len, subject.lexicon.tokens(word)), default=0) < SHORTEST_SLIP:
            message = f"{word!r} has fewer than {SHORTEST_SLIP} letters and is never taken for a slip — take it away"
            yield subject.own.place("grammar", "own_words", at).fault(message)


def dead_composed(subject: Subject) -> Iterator[Fault]:
    """Cues of two parts that never act, wherever a finding stands."""
    for at, entry, cue in subject.own_cues:
        for number, composed in enumerate(entry.composed):
            words = (composed.first[0], composed.then[0])
            trials = [text for term, _ in subject.probe_terms for text in _around(subject, *words, term)]
            if trials and not any(cue.id == mark.cue for text in trials for mark in subject.reader.marks(text)):
                message = f"{words[0]!r} … {words[1]!r} never act as {cue.id!r} — write both parts as reports have them"
                yield subject.own.place("cues", at, "composed", number).fault(message)


def _around(subject: Subject, first: str, then: str, term: str) -> Iterator[str]:
    yield subject.sentence(first, term, then)
    yield subject.sentence(term, first, then)
    yield subject.sentence(first, then, term)


_LISTS = tuple(name for name in Phrasing.model_fields if name != "remove")


def _own_words(subject: Subject) -> Iterator[tuple[str, int, str]]:
    """The words of the own file's lists of phrasing, each with its list and place."""
    for name in _LISTS:
        yield from ((name, at, word) for at, word in enumerate(getattr(subject.own.file.phrasing, name)))


def _own_header_words(subject: Subject) -> Iterator[tuple[str, int, str]]:
    for role, words in subject.own.file.header_words.items():
        yield from ((role, at, word) for at, word in enumerate(words))
