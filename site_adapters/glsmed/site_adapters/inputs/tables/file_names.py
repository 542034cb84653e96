"""The files that a table names, found although another system spelled the name: backslashes, case, accents."""

import errno
import os
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path


class FileFinder:
    """Finds files by the names in a table, relative to the table's folder.

    Attributes:
        respelled: how many names were found in another spelling, by what differs.
    """

    def __init__(self, folder: Path) -> None:
        self.respelled: Counter[str] = Counter()
        self._folder = folder
        self._listings: dict[str, Mapping[str, list[str]]] = {}

    def find(self, name: str) -> Path:
        """The file, whatever its name's spelling.

        Raises:
            ValueError: there is no such file, or several differ in spelling alone; says why.
        """
        path = self._folder / name
        if os.path.isfile(path):  # noqa: PTH113  # a hundred thousand times: twice as fast as Path.is_file
            return path
        problem = _problem_with(path)
        if problem != os.strerror(errno.ENOENT):
            raise ValueError(f"{problem}: {name}")
        return self._respelled(name)

    def _respelled(self, name: str) -> Path:
        found = self._walk(name.replace("\\", "/"))
        if found is None:
            raise ValueError(f"no such file: {name}{_hint(name)}")
        self.respelled[_difference(name, found)] += 1
        return self._folder / found

    def _walk(self, name: str) -> str | None:
        """The one existing file whose name is this one but for case and the composition of accents."""
        found = "/" if name.startswith("/") else ""
        for part in filter(None, name.split("/")):
            step = self._step(found, part)
            if step is None:
                return None
            found = os.path.join(found, step)  # noqa: PTH118  # a name, not yet a path
        return found if os.path.isfile(self._folder / found) else None  # noqa: PTH113

    def _step(self, folder: str, part: str) -> str | None:
        if part in (".", ".."):
            return part
        if os.path.lexists(self._folder / folder / part):
            return part
        near = self._listing(folder).get(_folded(part), [])
        if len(near) > 1:
            raise ValueError(f"no such file, but {len(near)} whose names differ in spelling alone: {', '.join(near)}")
        return near[0] if near else None

    def _listing(self, folder: str) -> Mapping[str, list[str]]:
        if folder not in self._listings:
            names: dict[str, list[str]] = {}
            try:
                entries = sorted(os.listdir(self._folder / folder))  # noqa: PTH208  # names alone
            except OSError:
                entries = []  # a folder that cannot be listed holds nothing that could be found
            for entry in entries:
                names.setdefault(_folded(entry), []).append(entry)
            self._listings[folder] = names
        return self._listings[folder]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _problem_with(path: Path) -> str:
    try:
        path.stat()
    except ValueError:
        return "no file can have this name"
    except OSError as error:
        return error.strerror or type(error).__name__
    return "is no file" if not path.is_dir() else os.strerror(errno.ENOENT)


def _hint(name: str) -> str:
    if name[1:3] in (":\\", ":/") or name.startswith("\\\\"):
        return " (a path of a Windows machine: give it relative to this table)"
    return ""


def _difference(name: str, found: str) -> str:
    """What was spelled differently in the table."""
    slashed = os.path.normpath(name.replace("\\", "/"))
    if slashed == os.path.normpath(found):
        return "backslashes"
    same = unicodedata.normalize("NFC", slashed) == unicodedata.normalize("NFC", os.path.normpath(found))
    return "the composition of accents" if same else "case"
