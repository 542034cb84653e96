"""The site's own secret randomness: what nobody outside may know follows from it, and from nothing in study.yaml.

The seed of a study is known to the centre and to all sites. Whoever knows in which order a site took its images reads
their targets out of its update. The secret is made once and kept, so that a round that is repeated after a kill ends as
it did before.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes

SECRET_BYTES = 32


class SiteSecret:
    """Makes keys of 32 bytes that only this site can make.

    Args:
        path: of the secret; the first key makes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, state: StateFolder) -> "SiteSecret":
        """That of the site with this state folder."""
        return cls(state.site_secret)

    def key(self, *words: str | int) -> bytes:
        """HMAC-SHA256 of the words under the secret: the same key for the same words, unrelated ones for others.

        Raises:
            DataError: the file does not hold a secret.
            OSError: it cannot be read or made.
        """
        said = b"".join(len(text).to_bytes(8, "big") + text for text in (str(word).encode() for word in words))
        return hmac.new(self._secret(), said, hashlib.sha256).digest()

    def round_keys(self, study_digest: str, purpose: str) -> Callable[[int], bytes]:
        """A function from a round of a study to its key for a purpose."""
        return lambda number: self.key(study_digest, number, purpose)

    def _secret(self) -> bytes:
        try:
            secret = self._path.read_bytes()
        except FileNotFoundError:
            secret = secrets.token_bytes(SECRET_BYTES)
            write_bytes(self._path, secret, mode=PRIVATE_FILE)
        if len(secret) != SECRET_BYTES:
            raise DataError(
                f"{self._path}: expected {SECRET_BYTES} random bytes, got {len(secret)}: restore it from a backup, or "
                "delete it; a new one is then made, and only a round that is being repeated ends differently"
            )
        return secret
