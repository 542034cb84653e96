"""What the operator wants of a running study, as a file that the round loop reads: stop, pause or resume."""

import json
from pathlib import Path
from typing import Literal, get_args

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text

Wish = Literal["stop", "pause", "resume"]


def make_wish(run_folder: Path, wish: Wish) -> None:
    """Tell the round loop of a run; it takes the last wish.

    Raises:
        OSError: the folder cannot be written.
    """
    write_text(_file(run_folder), json.dumps({"wish": wish}) + "\n")


def read_wish(run_folder: Path) -> Wish | None:
    """The wish that was made last; None if there is none.

    Raises:
        FederationError: the file is damaged.
    """
    path = _file(run_folder)
    if not path.is_file():
        return None
    try:
        wish: Wish = json.loads(path.read_text(encoding="utf-8"))["wish"]
    except (ValueError, KeyError, TypeError):
        raise FederationError(f"{path} is damaged: remove it, and give the command again") from None
    if wish not in get_args(Wish):
        raise FederationError(f"{path}: expected {', '.join(get_args(Wish))}, got {wish!r}")
    return wish


def forget_wish(run_folder: Path) -> None:
    """Remove the wish, since it is fulfilled."""
    _file(run_folder).unlink(missing_ok=True)


def _file(run_folder: Path) -> Path:
    return run_folder / "wish.json"
