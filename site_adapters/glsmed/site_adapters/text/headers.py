"""Where the headers of a report stand, and which role each gives its section."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.one_edit import OneEdit
from glsmed.site_adapters.text.phrases import Script

_LONGEST_HEADER = 60
_MOST_WORDS = 6
_SHORTEST_MISSPELT = 7
_LONGEST_ABBREVIATION = 5  # with its stop, in front of a header's other words
_REMEMBERED_HEADERS = 5_000
_COLON = re.compile(r"[:：]")
_AROUND_HEADER = " \t\r　[]【】<>《》＜＞■□◆●*#_=-:："
_BRACKETS = "[【［<＜《〈〔(（*"
_BRACKETED = re.compile(
    r"(?:[\[【［<＜《〈〔(（][^\]】］>＞》〉〕)）\n]{1,60}[\]】］>＞》〉〕)）]|\*{2,3}[^*\n]{1,60}\*{2,3})[:：]?"
)
_PARENTHESIS = re.compile(r"\s*[(（][^)）]*[)）]\s*")
_PARTS = re.compile(r"\s*(?:[/&+,・、／＆]|\band\b|\bund\b|\by\b|\be\b)\s*", re.IGNORECASE)
_DASHED = re.compile(r"(?:^|(?<=[.。]\s))[ \t]{0,8}([^\W\d_][^.:\n]{1,30}?)\s+[-–—]\s+(?=\S)")
_SPACED = re.compile(r"\s*(\S{2,12})(?:\u3000|\t| {2,})\s*(?=\S)")
_WORD = re.compile(r"\S+")
_SHOUTED = re.compile(r"[A-ZÄÖÜ][A-ZÄÖÜ &/]*$")
_OPENING_CAPITALS = re.compile(
    r"(?:(?<=\n)|(?<=[.] )|(?<![\s\S]))[ \t]*([A-ZÄÖÜÁÉÍÓÚÑ]{4,}(?: [A-ZÄÖÜÁÉÍÓÚÑ]+){0,3})(?=[ \t]+\S)"
)
_GOES_ON = frozenset(
    ("of", "with", "are", "is", "was", "were", "consistent", "compatible", "suggest", "suggests", "in", "for", "and")
)


class Headers:
    """Finds headers.

    A header opens a line or follows a full stop, and ends in a colon, a dash or the line. Or it has brackets of its
    own, and opens a line or has lenticular ones. One that is unknown may be known by its parts, by a word in it, or
    but for one letter.

    Args:
        roles: header as folded text → role of its section.
        words: folded beginning of a word → role of an unknown header that holds such a word; in a script of
            characters, any part of it.
        weights: role → weight; where a header has several roles, the weightiest counts.
        openers: folded words that a finding begins with: a header with one is guessed at by nothing.
    """

    def __init__(
        self,
        roles: Mapping[str, str],
        *,
        words: Mapping[str, str],
        weights: Mapping[str, float],
        openers: Set[str],
        folding: Folding,
        script: Script,
    ) -> None:
        self._roles = roles
        self._words = words
        self._weights = weights
        self._openers = openers
        self._folding = folding
        self._script = script
        self._near = OneEdit((header for header in roles if len(header) >= _SHORTEST_MISSPELT), shortest=6)
        self._known: dict[str, str | None] = {}
        self._guessed: dict[str, str | None] = {}

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and role of each header, in the order of the text."""
        found = self._lines(text)
        if not found and (shouted := list(self._without_colon(text))) and self._is_consistent(text, shouted):
            found = shouted
        return found

    def _lines(self, text: str) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        start = 0
        for line in text.split("\n"):
            end = start + len(line)
            if line:
                found += self._in_line(text, line, start, end)
            start = end + 1
        return found

    def _in_line(self, text: str, line: str, start: int, end: int) -> Iterable[tuple[int, int, str]]:
        if line[0] in _BRACKETS or "【" in line:
            return self._in_brackets(text, start, end)
        if (colon := line.find(":")) >= 0:
            role = self._known.get(line[:colon])  # most lines open with a header that was met before
            if role is not None and line.find(":", colon + 1) < 0 and line.isascii():
                return [(start, _past_header(text, start + colon + 1, end), role)]
            return self._with_colon(text, start, end)
        if "：" in line:
            return self._with_colon(text, start, end)
        if len(line) <= _LONGEST_HEADER and (role := self._role(line)):
            return [(start, end, role)]
        return self._with_dash(line, start)

    def _with_dash(self, line: str, start: int) -> Iterator[tuple[int, int, str]]:
        """Headers before a dash ("Findings - …"), or before wide space where words have no spaces ("所見　…")."""
        if self._script == "characters" and (spaced := _SPACED.match(line)) and (role := self._role(spaced.group(1))):
            yield start, start + spaced.end(), role
        elif " -" in line or " –" in line or " —" in line:
            for match in _DASHED.finditer(line):
                if role := self._role(match.group(1)):
                    yield start + match.start(1), start + match.end(), role

    def _in_brackets(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """The headers of a line with brackets, those in a colon between them too."""
        line_start = start
        for match in _BRACKETED.finditer(text, start, end):
            opens_line = match.start() == line_start
            if (opens_line or match.group().startswith("【")) and (role := self._any_role(match.group())):
                yield from self._with_colon(text, start, match.start())
                yield match.start(), match.end(), role
                start = match.end()
        yield from self._with_colon(text, start, end)

    def _with_colon(self, text: str, start: int, end: int) -> list[tuple[int, int, str]]:
        found = []
        line_start = start
        for match in _COLON.finditer(text, start, end):
            colon = match.start()
            opening = _opening(text, start, colon)
            header = text[opening:colon]
            role = self._any_role(header) if opening == line_start else self._role(header)
            if role is None and (shouted := _SHOUTED.search(text, opening, colon)):
                opening, role = self._shouted_header(text, shouted)
            start = colon + 1
            if role is not None:
                found.append((opening, _past_header(text, start, end), role))
        return found

    def _shouted_header(self, text: str, shouted: re.Match[str]) -> tuple[int, str | None]:
        """Start and role of the longest header that a run of capitals ends in ("CHEST FILM FINDINGS")."""
        for word in _WORD.finditer(text, *shouted.span()):
            if role := self._role(text[word.start() : shouted.end()]):
                return word.start(), role
        return shouted.start(), None

    def _without_colon(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Headers in capitals that open a line or sentence with nothing behind them but a space."""
        for match in _OPENING_CAPITALS.finditer(text):
            words = match.group(1).split(" ")
            for count in range(len(words), 0, -1):
                header = " ".join(words[:count])
                if role := self._role(header):
                    end = match.start(1) + len(header)
                    if not _goes_on(text, end):
                        yield match.start(1), end, role
                    break

    def _is_consistent(self, text: str, headers: list[tuple[int, int, str]]) -> bool:
        """Whether capitals set headers apart from other text, or several headers part a text in capitals."""
        return not text.isupper() or len({role for _, _, role in headers}) > 1

    def _role(self, header: str) -> str | None:
        """The role of a header as it stands in a report, if it is one."""
        if header not in self._known:
            if len(self._known) >= _REMEMBERED_HEADERS:
                self._known.clear()
            folded = self._folded(header)
            role = self._roles.get(folded)
            if role is None and "(" in folded:
                role = self._roles.get(_PARENTHESIS.sub(" ", folded).strip())
            self._known[header] = role
        return self._known[header]

    def _any_role(self, header: str) -> str | None:
        """:meth:`_role`, or what the parts, the words or the near spelling of an unknown header make likely."""
        if (role := self._role(header)) is not None or len(header) > _LONGEST_HEADER:
            return role
        if header not in self._guessed:
            if len(self._guessed) >= _REMEMBERED_HEADERS:
                self._guessed.clear()
            self._guessed[header] = self._guess(_PARENTHESIS.sub(" ", self._folded(header)).strip())
        return self._guessed[header]

    def _folded(self, header: str) -> str:
        return self._folding.fold(header)[0].strip(_AROUND_HEADER + "()〈〉〔〕（）")

    def _guess(self, header: str) -> str | None:
        words = header.split()
        if not header or len(words) > _MOST_WORDS or not self._openers.isdisjoint(words):
            return None
        parts = [self._single(part) for part in _PARTS.split(header) if part]
        known = [role for role in parts if role is not None]
        if known and len(known) == len(parts):
            return max(known, key=lambda role: self._weights.get(role, 0.0))
        return self._by_word(header, words)

    def _single(self, header: str) -> str | None:
        if role := self._roles.get(header):
            return role
        near = self._near.only(header)
        return self._by_word(header, header.split()) if near is None else self._roles[near]

    def _by_word(self, header: str, words: list[str]) -> str | None:
        for begins, role in self._words.items():
            if begins in header if self._script == "characters" else any(word.startswith(begins) for word in words):
                return role
        return None


def _goes_on(text: str, end: int) -> bool:
    """Whether the words after a header in capitals make it the beginning of a sentence ("IMPRESSION OF …")."""
    following = text[end : end + 24].split()
    return bool(following) and (following[0][0] in ":-–—" or following[0].casefold().strip(".,") in _GOES_ON)


def _opening(text: str, after: int, colon: int) -> int:
    """Where a header that ends at ``colon`` can begin: after the last full stop, not far before."""
    floor = max(after, colon - _LONGEST_HEADER)
    stop = text.rfind(". ", floor, colon) + 1
    if stop - after <= _LONGEST_ABBREVIATION:
        stop = 0
    return max(floor, stop, text.rfind("。", floor, colon) + 1)


def _past_header(text: str, start: int, end: int) -> int:
    while start < end and text[start] in _AROUND_HEADER and text[start] != "-":
        start += 1
    return start
