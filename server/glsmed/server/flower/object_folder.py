"""The parts of messages as files: ``<folder>/<first two digits of the id>/<id>``.

A part's id is the SHA-256 of its content, so a file is complete or absent and never changes. Several processes of this
machine read and write the folder: the SuperLink, and the round process, which hands over models without a request.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from glsmed.shared.files.atomic import PRIVATE_FOLDER

_ID = re.compile(r"[0-9a-f]{64}")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TEMPORARY = ".new-"
_REFUSED = ".refused"


def is_object_id(text: str) -> bool:
    """Whether ``text`` is 64 hexadecimal digits; upstream takes spaces and underscores among them."""
    return bool(_ID.fullmatch(text))


class ObjectFolder:
    """A folder of parts; what is asked for under anything but 64 hexadecimal digits is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def path_of(self, object_id: str) -> Path:
        """Where the part is, or would be.

        Raises:
            ValueError: it is no id; sites choose what they ask for, so ``../`` must not lead out of the folder.
        """
        if not is_object_id(object_id):
            raise ValueError(f"expected an id of 64 hexadecimal digits, got {object_id[:80]!r}")
        return self.path / object_id[:2] / object_id

    def has(self, object_id: str) -> bool:
        """Whether the part is there."""
        return is_object_id(object_id) and self.path_of(object_id).is_file()

    def read(self, object_id: str) -> bytes | None:
        """The part, or None if it is not there."""
        if not is_object_id(object_id):
            return None
        try:
            return self.path_of(object_id).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, object_id: str, pieces: Iterable[bytes]) -> None:
        """Write a part from its pieces; a reader sees all of it or nothing.

        It is not flushed to disk: what was written before the machine last started is dropped by
        :meth:`drop_untrusted`, and a process that is killed loses nothing that it has written.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        path = self.path_of(object_id)
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as output:
                output.writelines(pieces)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def remove(self, object_id: str) -> None:
        """Remove a part, and the note that it was refused."""
        self.path_of(object_id).unlink(missing_ok=True)
        self._note(object_id).unlink(missing_ok=True)

    def refuse(self, object_id: str, reason: str) -> None:
        """Note that the message with this id is refused, for the process that waits for its parts."""
        note = self._note(object_id)
        note.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        note.write_text(reason, encoding="utf-8")

    def refusal(self, object_id: str) -> str | None:
        """Why the message with this id was refused, or None if it was not."""
        try:
            return self._note(object_id).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def clear(self) -> None:
        """Remove everything."""
        for folder in self.path.glob("??"):
            shutil.rmtree(folder, ignore_errors=True)

    def drop_untrusted(self) -> None:
        """Remove what was written before this machine started: a power cut leaves files that are cut short or empty."""
        self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        boot, kept = "", self.path / "boot"
        with suppress(OSError):  # not Linux: nothing is trusted
            boot = _BOOT_ID.read_text(encoding="ascii")
        if not boot or not kept.is_file() or kept.read_text(encoding="ascii") != boot:
            self.clear()
            kept.write_text(boot, encoding="ascii")

    def _note(self, object_id: str) -> Path:
        return self.path_of(object_id).with_suffix(_REFUSED)
