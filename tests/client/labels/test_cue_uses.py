import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from glsmed.client.labels.cue_uses import cue_uses
from glsmed.shared.errors import DataError


def test_each_cue_has_the_examinations_whose_cells_it_decided(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with closing(sqlite3.connect(path)) as table, table:
        table.execute("CREATE TABLE labels (study_id, finding, cue)")
        rows = [("a", "x", "no"), ("a", "y", "no"), ("b", "x", "likely"), ("b", "y", "no"), ("c", "x", "")]
        table.executemany("INSERT INTO labels VALUES (?, ?, ?)", rows)
    assert cue_uses(path) == {"no": frozenset({"a", "b"}), "likely": frozenset({"b"})}


def test_without_a_table_there_are_none_and_another_file_is_refused(tmp_path: Path) -> None:
    assert cue_uses(tmp_path / "none.sqlite") == {}
    (tmp_path / "x.sqlite").write_text("no table")
    with pytest.raises(DataError, match="cannot be read as a label table"):
        cue_uses(tmp_path / "x.sqlite")
