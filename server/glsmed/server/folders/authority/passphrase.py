"""The passphrase of an encrypted authority's key: out of a file, or typed; never an argument, which others see."""

import sys
from collections.abc import Callable
from pathlib import Path

from glsmed.shared.errors import UsageError

_OTHERS = 0o077
_LEAST_PASSPHRASE = 12


def passphrase_in(file: Path) -> bytes:
    """The passphrase in a file's first line.

    Raises:
        UsageError: the file is missing, others can read it, or the passphrase is too short.
    """
    try:
        if file.stat().st_mode & _OTHERS:
            raise UsageError(f"{file}: other users can read the passphrase: chmod 600 {file}")
        passphrase = file.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise UsageError(f"{file}: expected {_LEAST_PASSPHRASE} characters in the first line, got {len(passphrase)}")
    return passphrase


def passphrase_for(*, is_locked: bool, file: Path | None, ask: Callable[[], str]) -> bytes | None:
    """The passphrase of the authority's key, as far as one is needed and there is a way to get it.

    Args:
        is_locked: whether the key is encrypted.
        file: holds it in its first line; None: it is asked for.
        ask: asks whoever sits at the terminal; not called where nobody does.

    Raises:
        UsageError: as :func:`passphrase_in`.
    """
    if file is not None:
        return passphrase_in(file)
    return ask().encode() if is_locked and sys.stdin.isatty() else None
