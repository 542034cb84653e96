"""What a hospital's log may say of an error: its kind and where it happened, and no word that could be a report's.

An error of another library can hold whatever it was given: a sentence, a line of a table, a patient's name. Of those,
only the kind and the places in the code are kept. Our own errors say which of their words are free of data.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from glsmed.shared.errors import GlsmedError

_SHORTEST = 3  # letters of another error's words that are looked for in ours


def words_for_log(error: BaseException) -> str:
    """What may be said of an error in a log; empty for those of other libraries.

    Words that one of our errors has taken over from another library's are left out.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    if not isinstance(error, GlsmedError):
        return ""
    words = error.loggable
    for other in _behind(error):
        if not isinstance(other, GlsmedError):
            for foreign in {str(other), *(str(argument) for argument in other.args)}:
                words = words.replace(foreign, "…") if len(foreign) >= _SHORTEST else words
    return words


def last_words(error: GlsmedError) -> str:
    """What a process whose standard error is a log says of the error that ends it."""
    words = words_for_log(error)
    if words == str(error):
        return words
    return f"{words or type(error).__name__} (it may repeat words of reports, which no log gets: glsmed-client check)"


def describe(error: BaseException) -> str:
    """The error and those behind it, the first one last: kind, words that may be said, and the places in the code."""
    return "\n".join(line for one in [error, *_behind(error)] for line in _lines(one))


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The errors during whose handling this one was raised."""
    seen = {id(error)}
    while (behind := error.__cause__ or error.__context__) is not None and id(behind) not in seen:
        seen.add(id(behind))
        yield behind
        error = behind


def _lines(error: BaseException) -> Iterator[str]:
    words = words_for_log(error)
    yield f"{type(error).__name__}: {words}" if words else type(error).__name__
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


class WithoutForeignWords:
    """A step of structlog that writes exceptions as :func:`describe` does."""

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event with ``exception`` in the place of ``exc_info``."""
        given = event.pop("exc_info", None)
        error = given if isinstance(given, BaseException) else _current(given)
        if error is not None:
            event["exception"] = describe(error)
        return event


def _current(given: object) -> BaseException | None:
    if isinstance(given, tuple):
        return cast("tuple[type, BaseException | None, TracebackType]", given)[1]
    return sys.exc_info()[1] if given else None


def log_uncaught() -> None:
    """Let what nobody catches in this process be logged in this way too, instead of printed with all its words."""

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        structlog.get_logger().error("process_failed", exc_info=error)

    sys.excepthook = hook
