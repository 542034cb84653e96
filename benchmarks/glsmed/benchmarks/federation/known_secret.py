"""A secret that everybody knows, for hospitals of an experiment that is to end the same each time."""

import hashlib

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes


def write_known_secret(state: StateFolder, number: int) -> None:
    """Give a site the secret that follows from a number; never one with real patients.

    Raises:
        OSError: it cannot be written.
    """
    write_bytes(state.site_secret, hashlib.sha256(f"known {number}".encode()).digest(), mode=PRIVATE_FILE)
