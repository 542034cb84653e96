import os
from pathlib import Path

import pytest

from glsmed.server.commands.init import init_study
from glsmed.server.supervisor import StudySupervisor
from glsmed.shared.errors import FederationError
from glsmed.shared.exclusive import alone


def test_a_second_server_on_the_same_study_is_told_of_the_first(tmp_path: Path) -> None:
    study_file = init_study(tmp_path / "study", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    (study_file.parent / "state").mkdir()
    with (
        alone(study_file.parent / "state" / "lock", work="the first"),
        pytest.raises(FederationError, match=rf"process {os.getpid()} already does this"),
    ):
        StudySupervisor(study_file, report=lambda _: None).run()
