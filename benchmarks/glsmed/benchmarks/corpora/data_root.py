"""Where the public corpora lie on this machine; none of them is part of the project."""

import os
from pathlib import Path

from glsmed.shared.errors import UsageError

VARIABLE = "GLSMED_DATA"
_DEFAULT = Path("../shared/data")


def corpus_folder(name: str) -> Path:
    """The folder of one corpus under ``$GLSMED_DATA``.

    Raises:
        UsageError: it is not there.
    """
    root = Path(os.environ.get(VARIABLE, _DEFAULT))
    folder = root / name
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such corpus; set {VARIABLE} to the folder that holds {name}")
    return folder
