"""Every error that glsmed raises on purpose.

GlsmedError                     exit code 1
├── ConfigurationError          exit code 2: a file that a person wrote is wrong; holds every fault found
├── UsageError                  exit code 2: the command line asks for something that cannot be
├── DataError                   a manifest, report, image or gold file cannot be used
├── PrivacyError                something was about to leave a site that its policy does not allow
│   └── QueryBudgetError      the site has been asked as many questions of this study as it means to answer
├── WireError                   a message breaks the protocol between centre and site
│   └── UpdateRefusedError      a site's update must not be averaged in
└── FederationError             a process, port, certificate or round of the federation failed
    └── BundleRefusedError      the centre sent a bundle that this site does not accept
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Subject = Literal["protocol", "study", "round", "manifest", "split", "site"]

_MOST_SHOWN = 80  # characters of a sender's own words in an error


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place; prints as ``file:line: key: message``."""

    source: str
    message: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class GlsmedError(Exception):
    """Base of all; ``code`` is the only part of an error that may leave a site."""

    exit_code = 1

    @property
    def code(self) -> str:
        """Name of the error's class: carries no data of any patient."""
        return type(self).__name__


class ConfigurationError(GlsmedError):
    """A file that a person wrote is wrong."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(GlsmedError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class DataError(GlsmedError):
    """A manifest, report, image or gold file cannot be used."""

    exit_code = 2


class PrivacyError(GlsmedError):
    """Something was about to leave a site that its policy does not allow."""


class QueryBudgetError(PrivacyError):
    """The site has been asked as many questions of this study as it means to answer."""


class WireError(GlsmedError):
    """A message breaks the protocol between centre and site."""


class MismatchError(WireError):
    """Centre and site do not mean the same thing; ``subject`` says what and may leave the site."""

    def __init__(self, subject: Subject, *, expected: object, got: object) -> None:
        self.subject = subject
        super().__init__(f"{subject}: expected {expected!r}, got {repr(got)[:_MOST_SHOWN]}")

    @property
    def code(self) -> str:
        """The class and what does not match, for instance ``MismatchError.study``."""
        return f"{type(self).__name__}.{self.subject}"


class UpdateRefusedError(WireError):
    """A site's update must not be averaged in."""


class FederationError(GlsmedError):
    """A process, port, certificate or round of the federation failed."""


class BundleRefusedError(FederationError):
    """The centre sent a bundle that this site does not accept."""
