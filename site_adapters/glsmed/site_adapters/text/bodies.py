"""Findings without a header of their own, behind a section that is no evidence ("COMPARISON: None. The heart …").

Such a section ends at a blank line, a line or a sentence from which on the text reads as findings. Where a later
section holds the findings, it goes on to its end. Behind "Compared to prior:" the first sentence may be a finding.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

BODY = "body"
FINDINGS = "findings"
_COMPARISON = "comparison"
_MAY_END = ("indication", _COMPARISON, "technique", "history")
_ONE_SENTENCE = (_COMPARISON, "technique")  # all that these hold, as a rule
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?<=[.。;])\s*(?=\S)")
_FILLED = re.compile(r"\S")
_MOST_PLACES = 60  # where findings may begin; with these bounds, time is linear in the length of any text
_LONGEST_READ = 400
_READ = 3  # sentences of a text that are looked at


class Section(NamedTuple):
    """``text[start:end]`` is the body of a section, without its header."""

    role: str
    start: int
    end: int


class Bodies:
    """Gives text without a header its own section.

    Args:
        weights: role → weight of its evidence.
        reads_as_findings: whether a sentence does, so that it can begin the findings.
        tells_of_now: whether a sentence reads as findings of this examination, not of an earlier one.
        asks: whether a sentence asks, or tells what the study is for.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        reads_as_findings: Callable[[str], bool],
        tells_of_now: Callable[[str], bool],
        asks: Callable[[str], bool],
    ) -> None:
        self._weights = weights
        self._may_end = frozenset(role for role in _MAY_END if not weights.get(role, 0.0))
        self._reads = reads_as_findings
        self._tells_of_now = tells_of_now
        self._asks = asks

    def parted(self, text: str, sections: Sequence[Section]) -> list[Section]:
        """The sections, with those that are no evidence ended where findings begin."""
        found: list[Section] = []
        later: set[str] = set()
        for place in range(len(sections) - 1, -1, -1):
            if FINDINGS in later:
                return [*sections[: place + 1], *found[::-1]]
            section = sections[place]
            start = self._begin(text, section, later) if section.role in self._may_end else None
            if start is None:
                found.append(section)
            else:
                found += [Section(BODY, start, section.end), Section(section.role, section.start, start)]
            if text[section.start : section.end].strip():
                later.add(section.role)
        return found[::-1]

    def _begin(self, text: str, section: Section, later: set[str]) -> int | None:
        """Where findings begin in a section that is no evidence, if they do."""
        filled = _FILLED.search(text, section.start, section.end)
        first = section.end if filled is None else filled.start()
        if section.role == _COMPARISON and self._tells_of_now(_sentence_at(text, first, section.end)):
            return first
        has_evidence = any(self._weights.get(role, 0.0) for role in later)
        for pattern, sure in ((_BLANK, not has_evidence), (_LINE, False)):
            for match in islice(pattern.finditer(text, first, section.end), _MOST_PLACES):
                start = match.end()
                end = min(section.end, start + _LONGEST_READ)
                if start < end and self._is_body(text[start:end], sure=sure):
                    return start
        if section.role in _ONE_SENTENCE or not has_evidence:
            return self._next_sentence(text, first, section)
        return None

    def _next_sentence(self, text: str, first: int, section: Section) -> int | None:
        for match in islice(_SENTENCE.finditer(text, first, section.end), _MOST_PLACES):
            if match.start() > first and self._reads(_sentence_at(text, match.end(), section.end)):
                return match.end()
        return None

    def _is_body(self, text: str, *, sure: bool) -> bool:
        """Whether a text reads as findings; if it is ``sure`` to be a paragraph of its own, unless it asks."""
        sentences = list(_first_sentences(text))
        if not sentences or self._asks(sentences[0]):
            return False
        return sure or any(map(self._reads, sentences))


def _sentence_at(text: str, start: int, end: int) -> str:
    end = min(end, start + _LONGEST_READ)
    match = _SENTENCE.search(text, start + 1, end)  # at the start itself the stop before it would be seen
    return text[start : end if match is None else match.start()].strip()


def _first_sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text, _READ)[:_READ]:
        if sentence.strip():
            yield sentence.strip()
