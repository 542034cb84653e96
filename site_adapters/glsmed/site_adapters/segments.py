"""Where a report's sections and sentences begin and end, in the given text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glsmed.site_adapters.folding import Folding
from glsmed.site_adapters.phrases import Script

BODY = "body"
_LONGEST_HEADER = 60
_HEADER_END = re.compile(r"[:：\n\]】>》]")
_AROUND_HEADER = " \t\r　[]【】<>《》■□◆●*#=_-:："
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"')\]]|$)|[;。．！？；]|\n", re.MULTILINE)
_BULLET = re.compile(r"[^\S\n]*(?:[-*•·‣▪・●○◦+]\s*|\(?\d{1,2}[.)]\s|[①-⑳]|$)", re.MULTILINE)
_SHOUTED = re.compile(r"[A-Z][A-Z &/]*$")
_LETTERS_BEFORE = 24
# A line at least this long that ends without a stop was wrapped; a shorter one was ended on purpose.
_WRAPPED_LINE = {"words": 50, "characters": 20}


@dataclass(frozen=True, slots=True)
class Section:
    """``text[start:end]`` is the body of a section, without its header."""

    role: str
    start: int
    end: int


class Segmenter:
    """Parts a report into sections and a section into sentences.

    Args:
        headers: header as folded text → role of its section.
        abbreviations: folded words whose full stop does not end a sentence, without that last stop.
    """

    def __init__(
        self, *, headers: Mapping[str, str], abbreviations: frozenset[str], folding: Folding, script: Script
    ) -> None:
        self._headers = headers
        self._abbreviations = abbreviations
        self._folding = folding
        self._wrapped_line = _WRAPPED_LINE[script]

    def sections(self, text: str) -> list[Section]:
        """The sections in their order; text before the first header has role ``body``."""
        found = []
        role, start = BODY, 0
        for header_start, header_end, header_role in self._found_headers(text):
            if header_start > start:
                found.append(Section(role, start, header_start))
            role, start = header_role, header_end
        if start < len(text):
            found.append(Section(role, start, len(text)))
        return found

    def _found_headers(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and role of each header: it opens a line or follows a full stop, and ends in a colon or line."""
        after = 0
        for match in _HEADER_END.finditer(text + "\n"):
            end = match.start()
            start = max(_opening(text, after, end), after)
            if 0 < end - start <= _LONGEST_HEADER:
                start, role = self._role_at(text, start, end)
                if role is not None:
                    after = _past_header(text, end)
                    yield start, after, role

    def _role_at(self, text: str, start: int, end: int) -> tuple[int, str | None]:
        """Start and role of the header in ``text[start:end]``: all of it, or the words in capitals at its end."""
        role = self._headers.get(self._folding.fold(text[start:end])[0].strip(_AROUND_HEADER))
        shouted = None if role or text[end : end + 1] not in (":", "：") else _SHOUTED.search(text, start, end)
        if shouted is None:
            return start, role
        return shouted.start(), self._headers.get(shouted.group().casefold().strip())

    def sentences(self, text: str, section: Section) -> list[tuple[int, int]]:
        """Start and end of each sentence of a section, without white space around it."""
        ends = [match.end() for match in _SENTENCE_END.finditer(text, section.start, section.end)]
        spans = []
        start = section.start
        for end in [*ends, section.end]:
            if end == section.end or self._ends_sentence(text, start, end):
                spans.append((start, end))
                start = end
        return [span for span in (_trimmed(text, *span) for span in spans) if span[0] < span[1]]

    def _ends_sentence(self, text: str, start: int, end: int) -> bool:
        sign = text[end - 1]
        if sign == "\n":
            return self._ends_line(text, start, end)
        return sign != "." or not self._is_abbreviation(text, start, end)

    def _ends_line(self, text: str, start: int, end: int) -> bool:
        """Whether a line break ends the sentence: unless the line was wrapped, or goes on in lower case."""
        if _BULLET.match(text, end):
            return True
        line_start = max(text.rfind("\n", start, end - 1) + 1, start)
        return not (text[end].islower() or end - line_start >= self._wrapped_line)

    def _is_abbreviation(self, text: str, start: int, end: int) -> bool:
        before = text[max(start, end - _LETTERS_BEFORE) : end - 1]
        word = before.split()[-1:] or [""]
        if word[0].isdigit():
            return start == end - 1 - len(word[0])
        return self._folding.fold(word[0].lstrip("("))[0] in self._abbreviations


def _opening(text: str, after: int, end: int) -> int:
    """Where a header that ends at ``end`` can begin: after a line break or a full stop, not far before."""
    floor = max(after, end - _LONGEST_HEADER - 2)
    line = text.rfind("\n", floor, end) + 1
    stop = max(text.rfind(". ", floor, end) + 2, text.rfind("。", floor, end) + 1)
    return max(line, stop if stop > 1 else 0, after)


def _past_header(text: str, end: int) -> int:
    while end < len(text) and text[end] in _AROUND_HEADER and text[end] != "-":
        end += 1
    return end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
