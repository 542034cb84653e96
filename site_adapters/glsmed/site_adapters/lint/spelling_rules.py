"""Phrases that no report can contain, because of how they are written."""

import re
import unicodedata
from collections.abc import Iterator

from glsmed.shared.errors import Fault
from glsmed.site_adapters.lint.lint_context import Phrase, Subject

PATTERN = re.compile(
    r"\\[bBdDsSwWnt.]|^/.+/[a-z]*$|\{\w*\}|%s|\$\d|[A-Za-z]\?$|\.[*+]|\[[^\]]+\]|\(\?[:=!<P]|\([^()]*\|[^()]*\)|\w\|\w|\w[*+]|^\^\w|\w\$$|\{\d+,?\d*\}|\w\?\w|\)\?[\w(]"
)
_PLACEHOLDER = re.compile(r"\b(TODO|TBD|FIXME|[Ll]orem [Ii]psum)\b|\w(\.\.\.|…)")
_MOST_WORDS = 14
_MOST_CHARACTERS = 40
_ENCODING = re.compile(r"Ã[\x80-\xbf¡-¿]|â€|ï¿½|\ufffd|&(?:[a-z]+|#\d+);|</?[a-z]+>")
_QUOTES = re.compile(r"[\"“”„«»「」『』`]|^\s*[-*•]\s")
_SEVERAL = re.compile(r"\s*[,;|、]\s*|\s+(?:or|oder|o)\s+")
_LONGEST_ABBREVIATION = 5
_LISTED = 3


def empty(subject: Subject) -> Iterator[Fault]:
    """Phrases without a letter or sign that could be compared."""
    for phrase in subject.own_phrases:
        if not phrase.tokens:
            yield phrase.place.fault(f"{phrase.text!r} holds nothing that can be found — write it in words")


def looks_like_pattern(subject: Subject) -> Iterator[Fault]:
    """Phrases written as regular expressions or with wildcards."""
    for phrase in subject.own_phrases:
        if PATTERN.search(phrase.text):
            message = f"{phrase.text!r} looks like a pattern, but phrases are literal — write each wording out"
            yield phrase.place.fault(message)


def placeholder(subject: Subject) -> Iterator[Fault]:
    """Placeholders that someone meant to fill in."""
    for phrase in subject.own_phrases:
        if _PLACEHOLDER.search(phrase.text):
            yield phrase.place.fault(f"{phrase.text!r} looks unfinished — write the words, or remove the line")


def invisible(subject: Subject) -> Iterator[Fault]:
    """Invisible characters, as pasted from a word processor: no report contains them."""
    for phrase in subject.own_phrases:
        hidden = [char for char in phrase.text if unicodedata.category(char) in ("Cf", "Cc", "Co")]
        if hidden:
            names = ", ".join(sorted({f"U+{ord(char):04X}" for char in hidden}))
            yield phrase.place.fault(f"{phrase.text!r} holds invisible characters ({names}) — type it again")


def mixed_alphabets(subject: Subject) -> Iterator[Fault]:
    """Words with letters of two alphabets that look alike ("effusіon" with a Cyrillic i)."""
    for phrase in subject.own_phrases:
        for word in re.findall(r"[^\W\d_]+", phrase.text):
            scripts = {unicodedata.name(char, "?").split()[0] for char in word if char.isalpha()}
            if len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1 and len(word) > 2:
                yield phrase.place.fault(f"{word!r} mixes letters of two alphabets — type it again")


def too_long(subject: Subject) -> Iterator[Fault]:
    """Whole sentences given as phrases."""
    most = _MOST_CHARACTERS if subject.adapter.grammar.script == "characters" else _MOST_WORDS
    for phrase in subject.own_phrases:
        if len(phrase.tokens) > most:
            message = (
                f"a phrase of {len(phrase.tokens)} words hardly ever occurs in a report — keep the words that matter"
            )
            yield phrase.place.fault(message)


def crosses_sentences(subject: Subject) -> Iterator[Fault]:
    """Phrases that reach over the end of a sentence, where no phrase is looked for."""
    stops = ("\n", "。", "；", ";") if subject.adapter.grammar.script == "characters" else ("\n", ";", "! ", "? ")
    for phrase in subject.own_phrases:
        inner = phrase.text.strip().rstrip(".!?。；;")
        if any(stop in inner for stop in stops) or re.search(r"[a-z]{4,}\.\s+[A-Z]", inner):
            message = f"{phrase.text!r} reaches over the end of a sentence — give each sentence its own phrase"
            yield phrase.place.fault(message)


def looks_like_header_pattern(subject: Subject) -> Iterator[Fault]:
    """Headers written as regular expressions or with wildcards."""
    for role, headers in subject.own.file.sections.items():
        for at, header in enumerate(headers):
            if PATTERN.search(header) or re.search(r"\w[?*+]$", header):
                message = f"{header!r} looks like a pattern, but headers are literal — write each wording out"
                yield subject.own.place("sections", role, at).fault(message)


def broken_encoding(subject: Subject) -> Iterator[Fault]:
    """Phrases that went through a wrong encoding, or hold markup."""
    for phrase in subject.own_phrases:
        if _ENCODING.search(phrase.text):
            yield phrase.place.fault(
                f"{phrase.text!r} holds broken letters or markup — type it again, as it is written in reports"
            )


def signs_around(subject: Subject) -> Iterator[Fault]:
    """Phrases with quotation marks or a bullet, which a report would have to hold too."""
    for phrase in subject.own_phrases:
        if phrase.role in ("cue", "term", "worded", "exclude") and len(phrase.text) > 1 and _QUOTES.search(phrase.text):
            yield phrase.place.fault(
                f"{phrase.text!r} contains signs that a report would have to contain too — write only the words"
            )


def colon(subject: Subject) -> Iterator[Fault]:
    """Phrases that end in a colon: without it the words are not found."""
    for phrase in subject.own_phrases:
        if len(phrase.text) > 1 and phrase.text.rstrip().endswith((":", "：")):
            yield phrase.place.fault(f"{phrase.text!r} is only found with its colon — is that intended?")


def full_stop(subject: Subject) -> Iterator[Fault]:
    """Phrases that end in a full stop without being an abbreviation: their last word would no longer end a sentence."""
    if subject.adapter.grammar.script == "characters":
        return
    for phrase in subject.own_phrases:
        word = subject.lexicon.folding.fold(phrase.text)[0].split()[-1]
        if word.endswith(".") and not _is_abbreviation(subject, word):
            yield phrase.place.fault(f"{phrase.text!r} ends in a full stop, as only abbreviations do — remove it")


def _is_abbreviation(subject: Subject, word: str) -> bool:
    """Whether a word with its stop is short, listed, parted by stops, or the beginning of a word of the vocabulary."""
    listed = {subject.lexicon.folding.fold(text)[0] for text in subject.adapter.grammar.abbreviations}
    if len(word) <= _LONGEST_ABBREVIATION or word.count(".") > 1 or word in listed:
        return True
    start = word.removesuffix(".")
    own = subject.lexicon.index.forms(start)
    return any(known.startswith(start) and known not in own for known in subject.lexicon.index.words)


def several_in_one(subject: Subject) -> Iterator[Fault]:
    """Several phrases written as one, with commas or "or" between them."""
    for phrase in subject.own_phrases:
        parts = [part for part in _SEVERAL.split(phrase.text.strip(" ,")) if part]
        if len(parts) > 1 and (len(parts) >= _LISTED or all(_is_phrase(subject, phrase, part) for part in parts)):
            message = f"{phrase.text!r} looks like {len(parts)} phrases in one — write each as an item of the list"
            yield phrase.place.fault(message)


def _is_phrase(subject: Subject, phrase: Phrase, part: str) -> bool:
    tokens = subject.lexicon.tokens(part)
    return any(
        other is not phrase and other.role == phrase.role and subject.lexicon.tokens(other.text) == tokens
        for other in subject.phrases
    )
