"""Sentences of a page in the language in which it is being made."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

Catalogue = Mapping[str, str]  # from a sentence in English, with its places in braces, to the same in another language

_ENGLISH: Catalogue = MappingProxyType({})
_SPOKEN: ContextVar[Catalogue] = ContextVar("spoken", default=_ENGLISH)


@contextmanager
def speaking(catalogue: Catalogue) -> Iterator[None]:
    """While the block runs, :func:`say` speaks the catalogue's language; what it lacks stays English."""
    token = _SPOKEN.set(catalogue)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def say(sentence: str, **values: object) -> str:
    """The sentence in the page's language, with the values in its places.

    Args:
        sentence: in English, written out where it is said, so that a test can find those without a translation.
        values: by the name of their place; what stands in them is not looked at.
    """
    return _SPOKEN.get().get(sentence, sentence).format(**values)
