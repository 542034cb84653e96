import os
from pathlib import Path

import pytest

from glsmed.server.commands.init import init_study
from glsmed.server.flower.control import Control
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.supervisor import StudySupervisor
from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.protocol.study import load_study


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    return init_study(tmp_path / "study", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)


def test_a_second_server_on_the_same_study_is_told_of_the_first(study_file: Path) -> None:
    (study_file.parent / "state").mkdir()
    with (
        exclusive_lock(study_file.parent / "state" / "lock", work="the first"),
        pytest.raises(FederationError, match=rf"process {os.getpid()} already does this"),
    ):
        StudySupervisor(study_file, report=lambda _: None).run()


def test_a_file_among_the_admitted_that_is_no_request_is_told_once_and_ends_nothing(study_file: Path) -> None:
    lines: list[str] = []
    supervisor = StudySupervisor(study_file, report=lines.append)
    control = Control(StudyFolder(study_file).link_settings(load_study(study_file)))
    (study_file.parent / "sites" / "half-copied.yaml").write_text("site: st-")
    supervisor._register_sites_quietly(control)
    supervisor._register_sites_quietly(control)
    (line,) = lines
    assert "half-copied.yaml:1" in line


def test_a_damaged_database_is_named_with_its_remedy(study_file: Path) -> None:
    database = study_file.parent / "state" / "superlink.db"
    database.parent.mkdir()
    database.write_text("not what it was" * 100)
    with pytest.raises(FederationError, match=rf"{database}: file is not a database: move it away; it is made anew"):
        StudySupervisor(study_file, report=lambda _: None).run()
