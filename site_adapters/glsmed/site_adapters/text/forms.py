"""Check boxes, answered questions, dotted lines and lists in one line, rewritten without moving a character.

``Effusion: [ ] yes [x] no`` becomes ``Effusion:             no``, and ``Effusion? No.`` becomes ``Effusion: No.``
Every character keeps its place, so that places in the rewritten text are places in the report.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# Signs of a form. A text in ASCII is searched for few of them, one after the other, which is the fastest; for a sign of
# several letters only where its first letter is found, where that is rare.
_SIGN = re.compile(r"[？☐☑☒□■✓✔◻◼○◯●…]")
_ASCII_SIGNS = ("[", "?", "_", "\t", "...", "   ")
_LONGER_SIGNS = {"(": ("(x)", "(X)", "( )", "()"), "2": ("2.", "2)")}
_CIRCLE = re.compile(r"[○◯●]")
_BOX_OPENING = re.compile(r"[\[(☐□◻☒☑■✓✔◼]")
_BOX = re.compile(r"(?P<empty>\[[ \u3000_]?\]|\( {1,2}\)|[☐□◻])|(?P<ticked>\[ ?[xX✓✔*] ?\]|\( ?[xX✓✔] ?\)|[☒☑■✓✔◼])")
_LEADER = re.compile(r"(?<=\w)[ .…_]{3,}(?=\w)")
_LEADS = re.compile(r"\.{3}|…|_{3}")
_FIELDS = re.compile(r"(?<=\S)(\t| {3})(?=\s*[^\s:][^\n:]{1,40}:)")
_GROUP = re.compile(r"[\[〔（(【][^\[\]〔〕（）()【】\n]{0,80}[○◯●][^\[\]〔〕（）()【】\n]{0,80}[\]〕）)】]")
_CIRCLED = re.compile(r"[○◯●]\s*([^・/／、,○◯●\s]+)")
_WORD = re.compile(r"\w+")
# It begins with its signs, for which the regular expression engine can scan fast; no word stands before them.
_LISTED = re.compile(r"(?:1(?<!\S1)|\(1(?<!\S\(1))[.)](?=\s?[^\W\d])[^\n]{0,400}?\s\(?2[.)](?=\s?[^\W\d])[^\n]*")
_NEXT_ITEM = re.compile(r"\s(?=\(?\d{1,2}[.)]\s?[^\W\d])")


class _Box(NamedTuple):
    start: int
    end: int
    ticked: bool


class Forms:
    """Rewrites what is filled in.

    Args:
        answers: words that answer a question, as they stand in reports.
    """

    def __init__(self, answers: Iterable[str]) -> None:
        longest_first = sorted({answer.casefold() for answer in answers}, key=len, reverse=True)
        self._answers = frozenset(longest_first)
        words = "|".join(re.escape(answer) for answer in longest_first) or "(?!)"
        self._question = re.compile(rf"[?？]\s*(?=(?:{words})\s*(?:[.;,。、!\n]|$))", re.IGNORECASE)

    def rewritten(self, text: str) -> str:
        """The report with every form as plain fields; as long as before."""
        if not _has_form(text):
            return text
        if "?" in text or "？" in text:
            text = self._question.sub(_colon, text)
        if "¿" in text and ":" in text[:-1]:
            text = re.sub(r"¿(?=[^?？\n]{0,200}:)", " ", text)
        if "..." in text or "…" in text or "___" in text:
            text = _LEADER.sub(_led, text)
        if not text.isascii() and _CIRCLE.search(text):
            text = _GROUP.sub(_chosen, text)
        if _BOX_OPENING.search(text):
            text = "\n".join(self._line(line) if _BOX.search(line) else line for line in text.split("\n"))
        if ("1." in text or "1)" in text) and ("2." in text or "2)" in text):
            text = _LISTED.sub(lambda match: _NEXT_ITEM.sub("\n", match.group()), text)
        if "\t" in text or "   " in text:
            text = _FIELDS.sub(lambda match: "\n" + match.group()[1:], text)
        return text

    def _line(self, line: str) -> str:
        boxes = [_Box(*match.span(), match.lastgroup == "ticked") for match in _BOX.finditer(line)]
        letters = list(line)
        after = line[boxes[-1].end :].strip() or not line[: boxes[0].start].strip()
        for box, (start, end) in self._labels_after(line, boxes) if after else self._labels_before(line, boxes):
            gone = (box.start, box.end) if box.ticked else (min(box.start, start), max(box.end, end))
            letters[gone[0] : gone[1]] = " " * (gone[1] - gone[0])
            head = line[: box.start].rstrip()
            if box.ticked and after and self._is_answer(line[start:end]) and head and ":" not in head:
                letters[box.start] = ":"
        return "".join(letters)

    def _labels_after(self, line: str, boxes: Sequence[_Box]) -> Iterator[tuple[_Box, tuple[int, int]]]:
        """Each box with the words behind it: the answer alone, or all up to the next box."""
        for box, following in zip(boxes, [*boxes[1:], None], strict=True):
            end = len(line) if following is None else following.start
            first = _WORD.search(line, box.end, end)
            answers = first is not None and self._is_answer(first.group())
            yield box, (box.end, first.end() if first is not None and answers else end)

    def _labels_before(self, line: str, boxes: Sequence[_Box]) -> Iterator[tuple[_Box, tuple[int, int]]]:
        start = 0
        for box in boxes:
            words = list(_WORD.finditer(line, start, box.start))
            last = words[-1] if words and self._is_answer(words[-1].group()) else None
            yield box, (start if last is None else last.start(), box.start)
            start = box.end

    def _is_answer(self, words: str) -> bool:
        return words.strip(" .,;").casefold() in self._answers


def _has_form(text: str) -> bool:
    for sign in _ASCII_SIGNS:
        if sign in text:
            return True
    for first, signs in _LONGER_SIGNS.items():
        if first in text:
            for sign in signs:
                if sign in text:
                    return True
    return not text.isascii() and _SIGN.search(text) is not None


def _colon(match: re.Match[str]) -> str:
    return ":" + " " * (len(match.group()) - 1)


def _led(match: re.Match[str]) -> str:
    return _colon(match) if _LEADS.search(match.group()) else match.group()


def _chosen(match: re.Match[str]) -> str:
    """The circled option of a group in brackets, in its place, and nothing else."""
    group = match.group()
    letters = [" "] * len(group)
    for circled in _CIRCLED.finditer(group[:-1]):
        letters[circled.start(1) : circled.end(1)] = circled.group(1)
    return "".join(letters)
