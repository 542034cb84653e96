"""Where the sections and sentences of a report begin and end."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.phrases import Script

BODY = "body"
_LONGEST_HEADER = 60
_LONGEST_OPEN_WORD = 20
_LONGEST_SENTENCE = 20_000
_COMMAS = ",，、"
_REMEMBERED_HEADERS = 5_000
_COLON = re.compile(r"[:：]")
_AROUND_HEADER = " \t\r　[]【】<>《》■□◆●*#=_-:："
_BRACKETS = "[【［<＜《〈〔(（"
_BRACKETED = re.compile(r"[\[【［<＜《〈〔(（][^\]】］>＞》〉〕)）]{1,60}[\]】］>＞》〉〕)）][:：]?")
_WORD = re.compile(r"\S+")
_SHOUTED = re.compile(r"[A-Z][A-Z &/]*$")
_BEFORE_SPACE = r"(?=[\s\"')\]]|$)"
# A group matches at a sign that may not end the sentence: a stop after a number, or a line break with blank lines.
# It begins with the signs themselves, for which the regular expression engine can scan fast.
_SENTENCE_END = (
    rf"[.!?;。．！？；\n](?:(?<=[;。．！？；])|(?<=[\w)?!][!?]){_BEFORE_SPACE}"
    rf"|(?<=[.])(?i:%s){_BEFORE_SPACE}(?:(?<!\d[.])|((?<=\d[.])))|(?<=\n)((?:[^\S\n]*\n)*))"
)
_NOT_AFTER_WORD = r"(?<!(?<![^\s(])%s[.])"
_LEAD = re.compile(r"(?:(?:[-*•·‣▪・●○◦+]|\(?\d{1,2}[.)])\s+|[①-⑳]\s*)?")
_BULLET = re.compile(r"[^\S\n]*(?:[-*•·‣▪・●○◦+]\s*|\(?\d{1,2}[.)]\s|[①-⑳]|$)", re.MULTILINE)
# A line at least this long that ends without a stop was wrapped; a shorter one was ended on purpose.
_WRAPPED_LINE = {"words": 50, "characters": 20}


@dataclass(frozen=True, slots=True)
class Section:
    """``text[start:end]`` is the body of a section, without its header."""

    role: str
    start: int
    end: int


class Segmenter:
    """Splits a report into sections and a section into sentences.

    Args:
        headers: header as folded text → role of its section.
        abbreviations: words whose full stop does not end a sentence, without that last stop.
        open_words: folded words after which a line break ends no sentence ("no evidence of").
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        abbreviations: frozenset[str],
        open_words: frozenset[str],
        folding: Folding,
        script: Script,
    ) -> None:
        self._headers = headers
        self._open_words = open_words
        guards = "".join(_NOT_AFTER_WORD % re.escape(word) for word in sorted(abbreviations))
        self._sentence_end = re.compile(_SENTENCE_END % guards)
        self._roles: dict[str, str | None] = {}
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
        """Start, end and role of each header.

        It opens a line or follows a full stop, and ends in a colon or line; or it has brackets of its own, and opens a
        line or has lenticular ones.
        """
        start = 0
        for line in text.split("\n"):
            if line:
                end = start + len(line)
                if line[0] in _BRACKETS or "【" in line:
                    yield from self._headers_in_brackets(text, start, end)
                elif ":" in line or "：" in line:
                    yield from self._headers_with_colon(text, start, end)
                elif len(line) <= _LONGEST_HEADER and (role := self._role(line)):
                    yield start, end, role
                start = end
            start += 1

    def _headers_in_brackets(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """The headers of a line with brackets, those in a colon between them too."""
        line_start = start
        for match in _BRACKETED.finditer(text, start, end):
            opens_line = match.start() == line_start
            if (opens_line or match.group().startswith("【")) and (role := self._role(match.group())):
                yield from self._headers_with_colon(text, start, match.start())
                yield match.start(), match.end(), role
                start = match.end()
        yield from self._headers_with_colon(text, start, end)

    def _headers_with_colon(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        for match in _COLON.finditer(text, start, end):
            colon = match.start()
            opening = _opening(text, start, colon)
            role = self._role(text[opening:colon])
            if role is None and (shouted := _SHOUTED.search(text, opening, colon)):
                opening, role = self._shouted_header(text, shouted)
            start = colon + 1
            if role is not None:
                yield opening, _past_header(text, start, end), role

    def _shouted_header(self, text: str, shouted: re.Match[str]) -> tuple[int, str | None]:
        """Start and role of the longest header that a run of capitals ends in ("CHEST FILM FINDINGS")."""
        for word in _WORD.finditer(text, *shouted.span()):
            if role := self._role(text[word.start() : shouted.end()]):
                return word.start(), role
        return shouted.start(), None

    def _role(self, header: str) -> str | None:
        """The role of a header as it stands in a report, if it is one."""
        if header not in self._roles:
            if len(self._roles) >= _REMEMBERED_HEADERS:
                self._roles.clear()
            self._roles[header] = self._headers.get(self._folding.fold(header)[0].strip(_AROUND_HEADER + "()〈〉〔〕"))
        return self._roles[header]

    def sentences(self, text: str, section: Section) -> list[tuple[int, int]]:
        """Start and end of each sentence of a section, without white space, bullet or number around it."""
        spans = []
        start = section.start
        for match in self._sentence_end.finditer(text, start, section.end):
            end = match.end()
            if match.lastindex is None or self._ends_sentence(text, start, match.start(), end):
                spans.append(_trimmed(text, start, end))
                start = end
        spans.append(_trimmed(text, start, section.end))
        return [piece for span in spans if span[0] < span[1] for piece in _pieces(*span)]

    def _ends_sentence(self, text: str, start: int, sign: int, end: int) -> bool:
        """Whether the sign at ``sign`` to ``end`` does: a stop that is not that of a list item's number, or a break."""
        if text[sign] == ".":
            return not text[start:sign].strip().isdigit()
        return end - sign > 1 or self._ends_line(text, start, end)

    def _ends_line(self, text: str, start: int, end: int) -> bool:
        """Whether a line break ends the sentence: unless the line was wrapped, is open, or goes on in lower case."""
        if _BULLET.match(text, end):
            return True
        line_start = max(text.rfind("\n", start, end - 1) + 1, start)
        if text[end].islower() or end - line_start >= self._wrapped_line:
            return False
        before = text[max(line_start, end - _LONGEST_OPEN_WORD) : end].split()
        return not (before and (before[-1][-1] in _COMMAS or self._folding.fold(before[-1])[0] in self._open_words))


def _opening(text: str, after: int, colon: int) -> int:
    """Where a header that ends at ``colon`` can begin: after the last full stop, not far before."""
    floor = max(after, colon - _LONGEST_HEADER)
    stop = max(text.rfind(". ", floor, colon) + 1, text.rfind("。", floor, colon) + 1)
    return max(floor, stop)


def _past_header(text: str, start: int, end: int) -> int:
    while start < end and text[start] in _AROUND_HEADER and text[start] != "-":
        start += 1
    return start


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without leading white space, bullet or number, and without white space at its end."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    if start < end and not text[start].isalpha() and (lead := _LEAD.match(text, start, end)):
        start = lead.end()
    return start, end


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """A sentence; a stretch that never ends is cut into pieces that fit into memory."""
    if end - start <= _LONGEST_SENTENCE:
        return [(start, end)]
    return [(piece, min(end, piece + _LONGEST_SENTENCE)) for piece in range(start, end, _LONGEST_SENTENCE)]
