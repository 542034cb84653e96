from pathlib import Path

import pytest

from glsmed.benchmarks.demo.programs import Follower, Programs, require_running
from glsmed.shared.errors import FederationError


def test_a_program_that_fails_shows_what_it_said(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs, pytest.raises(FederationError, match=r"(?s)failed:.*no-such\.yaml"):
        programs.run("glsmed-client", "--site", "no-such.yaml", "check")


def test_what_runs_in_the_background_ends_with_the_block(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        child = programs.start("python", "python", "-c", "import time; time.sleep(300)")
        require_running([child])
    assert not child.is_running()


def test_a_program_that_ended_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        child = programs.start("hospital", "python", "-c", "print('out of memory')")
        child.process.wait()
        with pytest.raises(FederationError, match=r"(?s)hospital ended too early.*out of memory"):
            require_running([child])


def test_lines_are_followed_once_they_are_whole(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("one\ntw", encoding="utf-8")
    follower = Follower(log)
    assert follower.new_lines() == ["one"]
    with log.open("a", encoding="utf-8") as output:
        output.write("o\n三\n")
    assert follower.new_lines() == ["two", "三"]
    assert follower.new_lines() == []
