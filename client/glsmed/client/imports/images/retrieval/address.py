"""Addresses of archives as a person writes them: ``https://…`` and ``dicom://AET@host:port``."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from glsmed.shared.errors import UsageError

_LONGEST_TITLE = 16  # characters of an application entity title, DICOM PS3.5 table 6.2-1
_EXPECTED = "expected https://host/dicom-web or dicom://AET@host:port"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """The root of a DICOMweb service."""

    url: str

    @property
    def is_private(self) -> bool:
        """Whether what is sent cannot be read on the way: TLS, or this machine itself."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or _is_loopback(parts.hostname or "")


@dataclass(frozen=True, slots=True)
class DimseAddress:
    """An archive's application entity: its title, host and port."""

    title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.title}@{self.host}:{self.port}"


def parse_address(written: str) -> WebAddress | DimseAddress:
    """The address.

    Raises:
        UsageError: it is neither kind, or holds a password, which every user of the machine could then read.
    """
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise UsageError(f"archive: {_EXPECTED}, got another port or host") from None
    if parts.password is not None or (parts.username is not None and parts.scheme != "dicom"):
        raise UsageError(
            "archive: leave the user and password out of the address, where others can read them; "
            "put them into the environment as GLSMED_PACS_USER and GLSMED_PACS_PASSWORD"
        )
    if parts.scheme in ("http", "https") and parts.hostname and not parts.query:
        return WebAddress(written.rstrip("/"))
    if parts.scheme == "dicom" and parts.hostname and parts.username and port and parts.path in ("", "/"):
        return DimseAddress(check_title(parts.username), parts.hostname, port)
    raise UsageError(f"archive: {_EXPECTED}, got {written!r}")


def check_title(title: str) -> str:
    """The application entity title.

    Raises:
        UsageError: it is blank, too long, or holds what DICOM does not allow.
    """
    if not (title.strip() and len(title) <= _LONGEST_TITLE and title.isascii() and title.isprintable()):
        raise UsageError(f"AE title: expected 1 to {_LONGEST_TITLE} ASCII characters, got {title!r}")
    if "\\" in title:
        raise UsageError(f"AE title: expected no backslash, got {title!r}")
    return title.strip()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
