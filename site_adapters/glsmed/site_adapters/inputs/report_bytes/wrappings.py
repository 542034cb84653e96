"""Text that is still packed for its way, or whose accents were replaced on it: seen by its traces, and refused."""

import re
from collections.abc import Sequence

_TRACES = (  # a sign without which there is none, what shows it, how often, and what it is
    (
        "=",
        re.compile(r"(?:=[0-9A-F]{2}[^=\s]{0,40}){2}|=\?[\w-]+\?[QBqb]\?"),
        2,
        "is in quoted-printable, as mail packs it",
    ),
    ("\\", re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"), 1, "has \\u escapes in place of letters"),
    ("%", re.compile(r"(?:%[0-9A-F]{2}){2}"), 2, "has % escapes in place of letters, as addresses do"),
    ("?", re.compile(r"(?<=[^\W\d_])\?(?=[a-z])"), 2, "has question marks within words: its accents were lost"),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]++={0,2}+\s*+")
_SHORTEST_BASE64 = 40
_LINE = 60  # characters; Base64 is wrapped at 64 or 76
_MOST_MARKS = 0.3  # of all signs but spaces


def refuse_wrapped(text: str) -> None:
    """Raise where the text is Base64, quoted-printable or escaped, or where letters have become question marks.

    Raises:
        ValueError: in plain words.
    """
    for sign, trace, least, what in _TRACES:
        if sign in text and len(trace.findall(text)) >= least:
            raise ValueError(f"{what}: export the report as UTF-8 text")
    if _BASE64.fullmatch(text) and _is_filled(text):
        raise ValueError("is Base64 and not text: unpack it before")
    if "?" in text and text.count("?") > _MOST_MARKS * _signs(text.split()):
        raise ValueError("is made of question marks: its letters were lost; export the report as UTF-8 text")


def _is_filled(text: str) -> bool:
    """Whether there is enough of it, in lines as long as those of Base64."""
    words = text.split()
    signs = _signs(words)
    return signs >= _SHORTEST_BASE64 and len(words) <= 1 + signs // _LINE


def _signs(words: Sequence[str]) -> int:
    return sum(map(len, words))
