"""What becomes of a log that another key has signed, or none: its copy lies beside the log that follows it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glsmed.shared.errors import DataError
from glsmed.shared.files.file_digest import file_digest


def copy_aside(log: Path) -> dict[str, str]:
    """Copy a log to another name beside it; returns that name and the log's digest.

    Raises:
        OSError: it cannot be copied.
    """
    digest = file_digest(log)
    aside = log.with_name(f"{log.stem}-{digest[:16]}{log.suffix}")
    shutil.copy2(log, aside)
    return {"file": aside.name, "sha256": digest}


def earlier_file(log: Path, follows: object) -> Path | None:
    """The file that a log follows, which lies beside it; None if it does not say."""
    name = follows.get("file") if isinstance(follows, Mapping) else None
    return log.with_name(Path(name).name) if isinstance(name, str) and Path(name).name else None


def is_as_it_was(log: Path, follows: Mapping[str, Any]) -> bool:
    """Whether the file that a log follows is there, unchanged."""
    earlier = earlier_file(log, follows)
    try:
        return earlier is not None and file_digest(earlier) == follows.get("sha256")
    except DataError:
        return False
