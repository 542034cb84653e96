import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from glsmed.server.admission.registry import read_registry
from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint, generate_private_key, make_request

OTHER = "SHA256:" + "A" * 43


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    root = tmp_path / "study"
    return make_study_folder(root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)


@pytest.fixture
def request_(folder: StudyFolder) -> EnrolmentRequest:
    digest = folder.study().digest()
    made = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest=digest)
    (folder.root / "request.yaml").write_text(dump_yaml(made.model_dump()))
    return made


def _admit(folder: StudyFolder, *further: str, typed: str | None = None) -> Result:
    words = ["--study", str(folder.study_file), "admit", str(folder.root / "request.yaml"), *further]
    return CliRunner().invoke(app, words, input=typed)


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after it"])
def test_the_study_may_be_named_before_or_after_the_command(
    folder: StudyFolder, request_: EnrolmentRequest, before: bool
) -> None:
    study, command = ["--study", str(folder.study_file)], ["admit", str(folder.root / "request.yaml")]
    words = [*study, *command] if before else [*command, *study]
    done = CliRunner().invoke(app, [*words, "--fingerprint", fingerprint(request_.public_key)])
    assert done.exit_code == 0, done.output
    assert list(read_registry(folder.sites).admitted) == ["st-mary"]
    assert fingerprint(request_.public_key) in done.output
    assert "not compared" not in done.output


def test_another_key_than_the_one_that_was_read_out_is_not_admitted(
    folder: StudyFolder, request_: EnrolmentRequest
) -> None:
    for done in (_admit(folder, "--fingerprint", OTHER), _admit(folder, typed=f"{OTHER}\n")):
        assert done.exit_code != 0
        assert "holds another key" in str(done.exception)
    assert not list(folder.sites.glob("*.yaml"))


def test_a_fingerprint_may_be_piped_in(folder: StudyFolder, request_: EnrolmentRequest) -> None:
    done = _admit(folder, typed=fingerprint(request_.public_key) + "\n")
    assert done.exit_code == 0, done.output
    assert "not compared" not in done.output


def test_where_nobody_can_be_asked_it_is_said_loudly_that_nothing_was_compared(
    folder: StudyFolder, request_: EnrolmentRequest
) -> None:
    done = _admit(folder)
    assert done.exit_code == 0, done.output
    assert "WARNING: fingerprint not compared" in done.output
    assert list(read_registry(folder.sites).admitted) == ["st-mary"]


@pytest.mark.parametrize(("is_same", "code"), [(True, 0), (False, 2)])
def test_on_a_terminal_the_operator_types_it_before_anything_is_written_or_shown(
    folder: StudyFolder, request_: EnrolmentRequest, is_same: bool, code: int
) -> None:
    shown = fingerprint(request_.public_key)
    command = [str(Path(sys.executable).parent / "flwr-server"), "--study", str(folder.study_file), "admit"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, str(folder.root / "request.yaml")], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    seen = b""
    while b"telephone" not in seen:
        seen += os.read(ours, 1024)
    assert shown.encode() not in seen
    assert not list(folder.sites.glob("*.yaml"))
    os.write(ours, (shown[:24] if is_same else OTHER).encode() + b"\n")
    assert process.wait(timeout=60) == code
    os.close(ours)
    assert bool(list(folder.sites.glob("*.yaml"))) is is_same
