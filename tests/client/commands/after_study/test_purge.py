import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.settings.config import load_site
from glsmed.shared.files.exclusive_lock import exclusive_lock

Typed = Callable[..., Any]


@pytest.fixture
def config_file(write_config: Callable[..., Path]) -> Path:
    file = write_config()
    state = load_site(file).state
    state.prepare()
    state.label_table.write_text("words")
    return file


@pytest.mark.parametrize(("answer", "code", "is_there"), [("n\n", 1, True), ("", 1, True), ("y\n", 0, False)])
def test_it_shows_both_sides_and_asks(
    typed: Typed, config_file: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, is_there: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    done = typed("--site", config_file, "purge")
    assert done.code == code
    assert "to be deleted for the study chest-doubt" in done.out
    assert "what stays:" in done.out
    assert "audit log: what has left cannot be called back" in done.out
    assert load_site(config_file).state.label_table.exists() is is_there


def test_while_a_client_runs_nothing_is_deleted(typed: Typed, config_file: Path) -> None:
    state = load_site(config_file).state
    with exclusive_lock(state.lock, work="take part"):
        done = typed("--site", config_file, "purge", "--yes")
    assert done.code == 1
    assert "nothing was deleted" in done.err
    assert state.label_table.is_file()


def test_without_study_yaml_it_cannot_tell_whose_models_they_are(typed: Typed, config_file: Path) -> None:
    (config_file.parent / "study.yaml").unlink()
    done = typed("--site", config_file, "purge", "--yes")
    assert done.code == 2
    assert "study.yaml: cannot be read" in done.err
    assert load_site(config_file).state.label_table.is_file()


def test_yes_does_not_ask_and_a_second_time_there_is_nothing(typed: Typed, config_file: Path) -> None:
    assert typed("--site", config_file, "purge", "--yes").code == 0
    again = typed("--site", config_file, "purge", "--yes")
    assert (again.code, again.out.strip()) == (0, "nothing is held for the study chest-doubt")
