"""Brings a state folder of an earlier release into today's folders: patients, models, audit, accounts."""

from collections.abc import Iterator
from pathlib import Path

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FOLDER
from glsmed.shared.files.exclusive_lock import is_held

_DIGEST = "[0-9a-f]" * 16
_MOVES = (
    ("audit.jsonl", "audit"),
    ("audit.torn", "audit"),
    ("labels.sqlite", "patients"),
    ("images-*px.npy", "patients"),
    ("images-*px.json", "patients"),
    ("privacy.json", "accounts"),
    (f"questions-{_DIGEST}.json", "accounts"),
    (f"local-{_DIGEST}.json", "models"),
    (f"shared-prior-{_DIGEST}.json", "models"),
    ("shipped", "models"),
    *((f"{name}-{_DIGEST}", "models") for name in ("models", "local-layers", "control", "personal")),
)


def migrate_state(state: StateFolder) -> None:
    """Move what an earlier release left at the top of the state folder; nothing happens where there is none of it.

    Each move is one rename, and the next call goes on where one was interrupted.

    Raises:
        DataError: a `glsmed-client` works with the folder, a file is in both places, or it cannot be moved.
    """
    moves = list(_moves(state.path))
    if not moves:
        return
    if is_held(state.lock):
        raise DataError(
            f"{state.path} is of an earlier release, and a glsmed-client works with it: stop that, and try again. Its "
            "files then move into the folders patients, models, audit and accounts"
        )
    for old, new in moves:
        if new.exists():
            raise DataError(
                f"{old} is of an earlier release, but {new} is there too: keep the one that is complete in the new "
                "place, and move the other away from the state folder"
            )
    try:
        for old, new in moves:
            new.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            old.rename(new)
    except OSError as error:
        raise DataError(f"{state.path}: a file of an earlier release cannot be moved: {error}") from None


def _moves(root: Path) -> Iterator[tuple[Path, Path]]:
    """Old and new place of each file of an earlier release."""
    for pattern, folder in _MOVES:
        for old in sorted(root.glob(pattern)):
            yield old, root / folder / old.name
