from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.admission.registry import read_registry
from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, make_request


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    root = tmp_path / "study"
    return make_study_folder(root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after it"])
def test_the_study_may_be_named_before_or_after_the_command(folder: StudyFolder, before: bool) -> None:
    digest = folder.study().digest()
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest=digest)
    file = folder.root / "request.yaml"
    file.write_text(dump_yaml(request.model_dump()))
    study, command = ["--study", str(folder.study_file)], ["admit", str(file)]
    done = CliRunner().invoke(app, [*study, *command] if before else [*command, *study])
    assert done.exit_code == 0, done.output
    assert list(read_registry(folder.sites).admitted) == ["st-mary"]
    assert fingerprint(request.public_key) in done.output
