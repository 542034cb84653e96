"""Every error that glsmed raises on purpose, with the exit code of a command that it ends.

GlsmedError                     1  base of all
├── ConfigurationError          2  a file that a person wrote is wrong; holds every fault found
├── UsageError                  2  the command line asks for something that is not possible
├── DataError                   2  a manifest, report, image or gold file cannot be used
├── NetworkError                2  the study's network cannot be built, filled with its weights or trained by all
├── PrivacyError                1  something was about to leave a site against its policy
│   ├── TrajectoryError         1  a model is not one that the site could have helped to make
│   ├── QueryBudgetError        1  the site has answered as many requests of this study as it allows
│   ├── PrivacyBudgetError      1  one more round would spend more epsilon than the study or the site allows
│   └── SecureAggregationError  1  a step of secure aggregation that would show a single site's update
├── WireError                   1  a message breaks the protocol between centre and site
│   ├── MismatchError           1  centre and site do not mean the same study, round, model or site
│   ├── UnknownModelError       1  the site does not have the model that a request names by its digest
│   ├── UpdateRefusedError      1  a site's update must not be averaged in
│   ├── TaskRefusedError        1  a task is not the centre's, not for this site, or was given before
│   └── AnswerRefusedError      1  an answer is not the site's, or not to the task that was given
├── FederationError             1  a process, port, certificate or round of the federation failed
│   ├── BusyError               1  another process holds the lock of a folder that only one may write to
│   ├── BundleRefusedError      1  the centre sent a bundle that this site does not accept
│   ├── RegistrationRefusedError  1  the SuperLink does not take a site's key; in the server's flower/
│   └── OutsideFaultError       1  centre, network or clock must be mended first; in the client's node/
├── ChangedElsewhereError       1  a file is not what was read last; in the adapters' workbench/
├── ArchiveError                1  a hospital's PACS refused, or did not answer; in the client's imports/
├── TrainingDivergedError       1  the loss is no longer a finite number; in the client's training/steps
├── DeviceMemoryError           1  a single image does not fit into the device's memory; there too
├── WorkerError                 1  a training worker failed or ended; in the client's training/worker_pool
├── WorkerMemoryError           1  a worker's device ran out of memory; caught there
└── NegativeRatesError          1  negative rates drive the logits apart; in the client's learning/
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Subject = Literal["protocol", "study", "round", "manifest", "model", "digest", "split", "site", "roster"]
TaskSubject = Literal["signature", "certificate", "content", "study", "run", "round", "site", "kind", "serial"]
AnswerSubject = Literal["signature", "task", "content"]
# which words of an error may stand in a log: all, if no report and no table has a part in them; those before the first
# quotation of each line, if it may repeat what stands in a hospital's files
Logged = Literal["nothing", "unquoted", "all"]

_QUOTATION = re.compile(r"""(?<![^\s(\[{:=])["'«“‘].*""")
_MOST_SHOWN = 80  # characters of a sender's own words in an error
_ACT_ON_A_TERMINAL = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # categories of Unicode: controls, directions, no text


def printable(text: str) -> str:
    """The text in one line, with escapes for whatever would move, colour or reverse the words on a terminal."""
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _ACT_ON_A_TERMINAL
        else character
        for character in text
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place; prints as ``file:line: key: message`` in one line, with what is odd escaped."""

    source: str
    message: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return printable(f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}")


class GlsmedError(Exception):
    """Base of all errors; ``code`` is the only part of one that may leave a site."""

    exit_code = 1
    may_be_logged: Logged = "nothing"

    @property
    def code(self) -> str:
        """The name of the error's class; it tells nothing about any patient."""
        return type(self).__name__

    @property
    def loggable(self) -> str:
        """Those of its words that may stand in a hospital's log, as the class says in ``may_be_logged``."""
        if self.may_be_logged == "unquoted":
            return "\n".join(_QUOTATION.sub("…", line) for line in str(self).splitlines())
        return str(self) if self.may_be_logged == "all" else ""

    def __reduce__(self) -> tuple[Callable[..., "GlsmedError"], tuple[object, ...]]:
        """The same error in another process; an Exception's own way passes the message to ``__init__``."""
        return _as_it_was, (type(self), self.args, self.__dict__)


def _as_it_was(kind: type[GlsmedError], args: tuple[object, ...], state: Mapping[str, object]) -> GlsmedError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(GlsmedError):
    """A file that a person wrote is wrong."""

    exit_code = 2
    may_be_logged = "unquoted"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(GlsmedError):
    """The command line asks for something that is not possible."""

    exit_code = 2
    may_be_logged = "all"


class DataError(GlsmedError):
    """A manifest, report, image or gold file cannot be used."""

    exit_code = 2
    may_be_logged = "unquoted"


class NetworkError(GlsmedError):
    """The study's network cannot be built, filled with its initial weights, or trained at several sites."""

    exit_code = 2
    may_be_logged = "all"


class PrivacyError(GlsmedError):
    """Something was about to leave a site against its policy."""

    may_be_logged = "all"


class QueryBudgetError(PrivacyError):
    """The site has answered as many requests of this study as its policy allows."""


class TrajectoryError(PrivacyError):
    """A request is about a model that the site could not have helped to make."""


class PrivacyBudgetError(PrivacyError):
    """One more round would spend more epsilon than the study or the site allows for a patient."""


class SecureAggregationError(PrivacyError):
    """A step of secure aggregation that a site must not take, since it could show a single site's update."""


class WireError(GlsmedError):
    """A message breaks the protocol between centre and site."""

    may_be_logged = "all"


class MismatchError(WireError):
    """Centre and site do not mean the same thing; ``subject`` says which, and may leave the site."""

    def __init__(self, subject: Subject, *, expected: object, got: object) -> None:
        self.subject = subject
        super().__init__(f"{subject}: expected {expected!r}, got {repr(got)[:_MOST_SHOWN]}")

    @property
    def code(self) -> str:
        """The class and the subject, for instance ``MismatchError.study``."""
        return f"{type(self).__name__}.{self.subject}"


class UnknownModelError(WireError):
    """The site does not have the model that a request names by its digest; the centre then sends it whole."""


class UpdateRefusedError(WireError):
    """A site's update must not be averaged in."""


class TaskRefusedError(WireError):
    """A task that a site does not obey; ``subject`` says what is wrong with it, and may leave the site."""

    def __init__(self, subject: TaskSubject, reason: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: {reason}")

    @property
    def code(self) -> str:
        """The class and the subject, for instance ``TaskRefusedError.serial``."""
        return f"{type(self).__name__}.{self.subject}"


class AnswerRefusedError(WireError):
    """An answer that the centre does not believe; ``subject`` says what is wrong with it."""

    def __init__(self, subject: AnswerSubject, reason: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: {reason}")

    @property
    def code(self) -> str:
        """The class and the subject, for instance ``AnswerRefusedError.signature``."""
        return f"{type(self).__name__}.{self.subject}"


class FederationError(GlsmedError):
    """A process, port, certificate or round of the federation failed."""

    may_be_logged = "all"


class BusyError(FederationError):
    """Another process holds the lock of a folder that only one may write to."""


class BundleRefusedError(FederationError):
    """The centre sent a bundle that this site does not accept."""
