"""The words of pages in the language in which a page is being made: English stands in the code, Japanese in catalogues.

A room with words in two languages has a module ``words`` with one catalogue, ``WORDS``.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from string import Formatter
from typing import Final, Literal

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")
Catalogue = Mapping[str, str]  # Japanese by English; values stand in the same {places} of both

_SPOKEN: ContextVar[tuple[Language, Catalogue]] = ContextVar("spoken", default=("en", {}))


@contextmanager
def speaking(language: Language, *catalogues: Catalogue) -> Iterator[None]:
    """While the block runs, :func:`say` speaks the language; what the catalogues lack stays English.

    Args:
        language: of the page.
        catalogues: Japanese by English; where two have the same English, the later one counts.
    """
    merged = {english: words for one in catalogues for english, words in one.items()}
    token = _SPOKEN.set((language, merged if language == "ja" else {}))
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def say(sentence: str, /, **values: object) -> str:
    """The sentence in the page's language, with the values in its places; without values its braces stay.

    Args:
        sentence: in English, written out where it is said, so that a test can find those without a translation.
        values: by the name of their place; what stands in them is not looked at.
    """
    _, japanese = _SPOKEN.get()
    said = japanese.get(sentence, sentence)
    return said.format(**values) if values else said


def say_again(said: str, forms: Catalogue) -> str:
    """What a file holds in English, in the page's language; what fits no form stays English.

    Args:
        said: a sentence with its values in their places.
        forms: the sentences that it may be, of which the first that fits counts; values may be of these forms too.
    """
    if spoken_language() == "en":
        return said
    for english, japanese in forms.items():
        found = _expression(english).fullmatch(said)
        if found is not None:
            return japanese.format(**{name: say_again(value, forms) for name, value in found.groupdict().items()})
    return said


@cache
def _expression(form: str) -> re.Pattern[str]:
    """Fits what :func:`say` makes of the form, whatever stands in its places."""
    parts = Formatter().parse(form)
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts))


def spoken_language() -> Language:
    """The language that :func:`say` speaks now."""
    return _SPOKEN.get()[0]
