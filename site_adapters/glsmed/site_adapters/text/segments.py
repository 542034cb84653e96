"""Where the sections and sentences of a report begin and end."""

import re
from collections.abc import Callable, Container, Iterable

from glsmed.site_adapters.text.bodies import BODY, Bodies, Section
from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.headers import Headers
from glsmed.site_adapters.text.phrases import Script

_new = tuple.__new__  # a NamedTuple in half the time, where many are made
_LONGEST_OPEN_WORD = 20
_LONGEST_SENTENCE = 20_000
_LONGEST_ABBREVIATION = 5
_LONGEST_LOOK = 200
_COMMAS = ",，、"
_BEFORE_SPACE = r"(?=[\s\"')\]]|$)"
# A stop with no space behind it: after a word in small letters, before one with a capital ("clear.No").
_MISSING_SPACE = r"(?<=[^\W\dA-Z_]{3}[.])(?=[A-ZÄÖÜÁÉÍÓÚÑ][^\W\d_]|\d{1,2}[.)])"
# A group matches at a sign that may not end the sentence: a stop after a number, or a line break with blank lines.
# It begins with the signs themselves, for which the regular expression engine can scan fast.
_SENTENCE_END = (
    rf"[.!?;。．！？；\n](?:(?<=[.])(?i:%s)(?:{_BEFORE_SPACE}|{_MISSING_SPACE})(?:(?<!\d[.])|((?<=\d[.])))"
    rf"|(?<=[;。．！？；])|(?<=[\w)?!][!?]){_BEFORE_SPACE}|(?<=\n)((?:[^\S\n]*\n)*))"
)
_NOT_AFTER_WORD = r"(?<!(?<![^\s(])(?:%s)[.])"  # words of one length, for which one look back is enough
_LEAD = re.compile(r"(?:(?:[-*•·‣▪・●○◦+]|\(?\d{1,2}[.)])\s+|\(?\d{1,2}[.)](?=[^\W\d])|[①-⑳]\s*)?")
_BULLET = re.compile(r"[^\S\n]*(?:[-*•·‣▪・●○◦+]\s*|\(?\d{1,2}[.)](?=\s|[^\W\d])|[①-⑳]|$)", re.MULTILINE)
# A line at least this long that ends without a stop was wrapped; a shorter one was ended on purpose.
_WRAPPED_LINE = {"words": 50, "characters": 20}


class Segmenter:
    """Splits a report into sections and a section into sentences.

    Args:
        headers: finds the headers.
        bodies: finds text that has none.
        abbreviations: words whose full stop does not end a sentence, without that last stop.
        open_words: folded words after which a line break ends no sentence ("no evidence of").
        words: folded words that are known, and so no abbreviations.
        goes_on: whether a text and the next line, or the words behind a semicolon, are one sentence by what they say.
    """

    def __init__(
        self,
        headers: Headers,
        bodies: Bodies,
        *,
        abbreviations: frozenset[str],
        open_words: frozenset[str],
        goes_on: Callable[[str, str], bool],
        words: Container[str],
        folding: Folding,
        script: Script,
    ) -> None:
        self._headers = headers
        self._bodies = bodies
        self._words = words
        self._open_words = open_words
        self._goes_on = goes_on
        self._sentence_end = re.compile(_SENTENCE_END % _guards(abbreviations))
        self._folding = folding
        self._wrapped_line = _WRAPPED_LINE[script]

    def sections(self, text: str) -> list[Section]:
        """The sections in their order; text before the first header has role ``body``."""
        found = []
        role, start = BODY, 0
        for header_start, header_end, header_role in self._headers.found(text):
            if header_start > start:
                found.append(_new(Section, (role, start, header_start)))
            role, start = header_role, header_end
        if start < len(text):
            found.append(_new(Section, (role, start, len(text))))
        return self._bodies.parted(text, found) if len(found) > 1 or role != BODY else found

    def sentences(self, text: str, section: Section) -> list[tuple[int, int]]:
        """Start and end of each sentence of a section, without white space, bullet or number around it."""
        spans = []
        _, start, stop = section
        for match in self._sentence_end.finditer(text, start, stop):
            end = match.end()
            is_plain = match.lastindex is None and text[end - 1] == "." and not text[end + 1 : end + 2].islower()
            if is_plain or end == stop or self._ends_sentence(match, text, start):
                if span := _trimmed(text, start, end):
                    spans.append(span)
                start = end
        if start < stop and (span := _trimmed(text, start, stop)):
            spans.append(span)
        if stop - section.start <= _LONGEST_SENTENCE:
            return spans
        return [piece for span in spans for piece in _pieces(*span)]

    def _ends_sentence(self, match: re.Match[str], text: str, start: int) -> bool:
        """Whether the sign that was matched ends the sentence that begins at ``start``."""
        sign, end = match.span()
        if match.lastindex is not None:
            return self._ends_item_or_line(text, start, sign, end)
        if text[sign] == ";" or (text[sign] == "." and text[end + 1 : end + 2].islower()):
            return not self._is_short_of_an_end(text, start, sign, end)
        return True

    def _is_short_of_an_end(self, text: str, start: int, sign: int, end: int) -> bool:
        """Whether a stop belongs to an unknown abbreviation ("No evid. of"), or a semicolon parts what is one thing."""
        if text[sign] == ";":
            return self._says_one_thing(text, start, end)
        if not text[start : start + _LONGEST_LOOK].lstrip()[:1].isupper():
            return False
        word = text[max(start, sign - _LONGEST_ABBREVIATION - 1) : sign].split()
        if not word or not word[-1].isalpha() or len(word[-1]) > _LONGEST_ABBREVIATION:
            return False
        return self._folding.fold(word[-1])[0] not in self._words

    def _ends_item_or_line(self, text: str, start: int, sign: int, end: int) -> bool:
        """Whether the sign at ``sign`` to ``end`` does: a stop that is not that of a list item's number, or a break."""
        if text[sign] == ".":
            return not text[start:sign].strip().isdigit()
        return self._ends_line(text, start, end, blank_lines=text.count("\n", sign, end) - 1)

    def _ends_line(self, text: str, start: int, end: int, *, blank_lines: int) -> bool:
        """Whether a line break ends the sentence: unless the line was wrapped, is open, or goes on in lower case."""
        if _BULLET.match(text, end):
            return True
        following = _next_letter(text, end)
        if following is not None and following.islower():
            opens_small = not text[start : start + _LONGEST_LOOK].lstrip()[:1].isupper()
            return blank_lines > 1 or (blank_lines == 1 and opens_small)
        if blank_lines:
            return True
        line_start = text.rfind("\n", 0, end - 1) + 1  # of the line, in which the sentence may be the last of several
        if end - line_start >= self._wrapped_line:
            return False
        before = text[max(line_start, start, end - _LONGEST_OPEN_WORD) : end].split()
        if before and (before[-1][-1] in _COMMAS or self._folding.fold(before[-1])[0] in self._open_words):
            return False
        return not self._says_one_thing(text, start, end)

    def _says_one_thing(self, text: str, start: int, end: int) -> bool:
        following = text[end : end + _LONGEST_LOOK].split("\n", 1)[0]
        return self._goes_on(text[max(start, end - _LONGEST_LOOK) : end].strip(), following.strip())


def _guards(abbreviations: Iterable[str]) -> str:
    by_length: dict[int, list[str]] = {}
    for word in sorted(abbreviations):
        by_length.setdefault(len(word), []).append(re.escape(word))
    return "".join(_NOT_AFTER_WORD % "|".join(words) for words in by_length.values())


def _next_letter(text: str, start: int) -> str | None:
    """The next character that is no space, if it is a letter."""
    while start < len(text) and text[start].isspace():
        start += 1
    return text[start] if start < len(text) and text[start].isalpha() else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without leading white space, bullet or number, and without white space at its end; None if empty."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    if start < end and not text[start].isalpha() and (lead := _LEAD.match(text, start, end)):
        start = lead.end()
    return (start, end) if start < end else None


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """A sentence; a stretch that never ends is cut into pieces that fit into memory."""
    if end - start <= _LONGEST_SENTENCE:
        return [(start, end)]
    return [(piece, min(end, piece + _LONGEST_SENTENCE)) for piece in range(start, end, _LONGEST_SENTENCE)]
