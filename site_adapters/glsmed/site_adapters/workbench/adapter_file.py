"""The adapter file that the workbench changes; what somebody else has changed meanwhile is never overwritten."""

import hashlib
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault, GlsmedError, UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.site_adapters.adapter.layers import built_in_names

_REVISION_LENGTH = 16


class ChangedElsewhereError(GlsmedError):
    """The file is not what was read last: another program or person has changed it."""


class AdapterFile:
    """A file and what it says.

    Attributes:
        path: where it is, or will be.
        text: what it says, or will say once something is saved.
        is_new: whether it is not there yet.
    """

    def __init__(self, path: Path, text: str, *, is_new: bool) -> None:
        self.path = path
        self.text = text
        self.is_new = is_new

    @property
    def revision(self) -> str:
        """Changes whenever the text does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:_REVISION_LENGTH]

    def save(self, text: str) -> None:
        """Write the file.

        Raises:
            ChangedElsewhereError: it is not what it was; it was read again, and nothing was written.
            OSError: it cannot be written.
        """
        there = _read(self.path) if self.path.exists() else None
        if there != (None if self.is_new else self.text):
            self.is_new, self.text = there is None, self.text if there is None else there
            raise ChangedElsewhereError(f"{self.path} was changed meanwhile, by another program or person")
        write_text(self.path, text)
        self.is_new, self.text = False, text


def open_adapter_file(reference: str | Path, *, folder: Path) -> AdapterFile:
    """The file of an adapter; for a built-in vocabulary a new one that extends it.

    Args:
        reference: a built-in vocabulary or a file.
        folder: where a new file will be.

    Raises:
        UsageError: the new file is already there.
        ConfigurationError: the file cannot be read.
    """
    if str(reference) not in built_in_names():
        return AdapterFile(Path(reference), _read(Path(reference)), is_new=False)
    name = f"my_{reference}"
    path = folder / f"{name}.yaml"
    if path.exists():
        raise UsageError(f"{reference} is built in, and changes to it would go to {path}, which exists: name that file")
    return AdapterFile(path, f"adapter: {name}\nversion: 1\nextends: {reference}\n", is_new=True)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError([Fault(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            [Fault(str(path), f"is not UTF-8 (byte {error.start}): save it again as UTF-8")]
        ) from None
