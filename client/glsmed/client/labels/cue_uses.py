"""In which examinations each cue decided a cell."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from glsmed.shared.errors import DataError


def cue_uses(label_table: Path) -> Mapping[str, frozenset[str]]:
    """The examinations of each cue in a label table; empty where there is no table yet.

    Raises:
        DataError: the file is no label table.
    """
    if not label_table.is_file():
        return {}
    uses: dict[str, set[str]] = defaultdict(set)
    try:
        with closing(sqlite3.connect(f"{label_table.as_uri()}?mode=ro", uri=True)) as table:
            for cue, study_id in table.execute("SELECT DISTINCT cue, study_id FROM labels WHERE cue != ''"):
                uses[cue].add(study_id)
    except sqlite3.Error as error:
        raise DataError(f"{label_table}: cannot be read as a label table: {error}") from None
    return {cue: frozenset(studies) for cue, studies in sorted(uses.items())}
