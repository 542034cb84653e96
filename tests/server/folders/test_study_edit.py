from pathlib import Path

import pytest

from glsmed.server.folders.study_edit import set_rounds
from glsmed.server.folders.study_template import study_template
from glsmed.shared.errors import ConfigurationError, UsageError


def test_the_number_is_changed_and_all_else_stays(tmp_path: Path) -> None:
    before = study_template("doubt", public_names=["localhost"])
    path = tmp_path / "study.yaml"
    path.write_text(before)
    assert set_rounds(path, 75).training.rounds == 75
    assert path.read_text() == before.replace("rounds: 50\n", "rounds: 75\n")


def test_a_file_without_the_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("study: doubt\nfindings: [effusion]\n")
    with pytest.raises(UsageError, match=r"training\.rounds is not in the file"):
        set_rounds(path, 5)


def test_a_number_that_may_not_be_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("study: doubt\nfindings: [effusion]\ntraining: {rounds: 3}\n")
    with pytest.raises(ConfigurationError, match="rounds"):
        set_rounds(path, 100_000)
    assert "rounds: 3" in path.read_text()
