"""Who may see a local site: the browser that brought the token, and every later one that brings the next."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is let in; ``csrf`` must come with everything that it sends."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES))


class Access:
    """One token at a time, each good for one browser; and the sessions of those that came with one."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Make the first token.

        Args:
            tell: is given each token when it is made, and shows it to the person at the terminal alone.
        """
        self._tell = tell
        self._lock = Lock()
        self._sessions: dict[bytes, Session] = {}
        self._token = b""
        self._renew()

    def enter(self, token: str) -> Session | None:
        """A new session for the token, which then works no more; None if it is not the one."""
        with self._lock:
            if not secrets.compare_digest(_digest(token), self._token):
                return None
            session = Session()
            self._sessions[_digest(session.key)] = session
            self._renew()
            return session

    def session(self, key: str) -> Session | None:
        """The session with this key."""
        return self._sessions.get(_digest(key))

    def _renew(self) -> None:
        token = secrets.token_urlsafe(_BYTES)
        self._token = _digest(token)
        self._tell(token)


def is_same(given: str, expected: str) -> bool:
    """Whether two secrets are equal; the time that it takes tells nothing about where they differ."""
    return secrets.compare_digest(given.encode(), expected.encode())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
