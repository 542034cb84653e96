from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import FederationError, UsageError
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, make_request

PASSPHRASE = b"four words of a poem"


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    root = tmp_path / "study"
    return make_study_folder(
        root,
        name="doubt",
        public_names=["localhost"],
        port=8443,
        loopback_port=8440,
        ca_passphrase=PASSPHRASE,
    )


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_bytes(PASSPHRASE)
    file.chmod(0o600)
    return file


def _typed(
    folder: StudyFolder, *words: str, before: tuple[str, ...] = (), environment: dict[str, str] | None = None
) -> tuple[str, object]:
    done = CliRunner().invoke(app, ["--study", str(folder.study_file), *before, *words], env=environment)
    return done.output, done.exception


def _admit(
    folder: StudyFolder, *further: str, before: tuple[str, ...] = (), environment: dict[str, str] | None = None
) -> tuple[str, object]:
    made = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest=folder.study().digest())
    (folder.root / "request.yaml").write_text(dump_yaml(made.model_dump()))
    words = ("admit", str(folder.root / "request.yaml"), "--fingerprint", fingerprint(made.public_key), *further)
    return _typed(folder, *words, before=before, environment=environment)


def test_an_encrypted_authority_admits_nobody_without_its_passphrase(folder: StudyFolder) -> None:
    _, error = _admit(folder)
    assert isinstance(error, FederationError)
    assert "GLSMED_CA_PASSPHRASE_FILE" in str(error)
    assert not list(folder.sites.glob("*.yaml"))


@pytest.mark.parametrize("in_environment", [True, False], ids=["named in the environment", "given"])
def test_admit_makes_the_certificate_and_says_where_it_goes(
    folder: StudyFolder, passphrase_file: Path, in_environment: bool
) -> None:
    if in_environment:
        said, error = _admit(folder, environment={"GLSMED_CA_PASSPHRASE_FILE": str(passphrase_file)})
    else:
        said, error = _admit(folder, "--ca-passphrase-file", str(passphrase_file))
    assert error is None, said
    assert f"send {folder.site_certificates / 'st-mary.crt'} to st-mary" in said
    assert (folder.site_certificates / "st-mary.crt").is_file()
    assert PASSPHRASE.decode() not in said


def test_certify_renews_what_is_due_or_named_and_nothing_else(folder: StudyFolder, passphrase_file: Path) -> None:
    given = ("--ca-passphrase-file", str(passphrase_file))
    _admit(folder, *given)
    file = folder.site_certificates / "st-mary.crt"
    first = file.read_bytes()
    said, error = _typed(folder, "certify")  # nothing is due, so nobody is asked for a passphrase
    assert error is None
    assert "every admitted site has a certificate" in said
    assert file.read_bytes() == first
    said, error = _typed(folder, "certify", "st-mary", *given)
    assert error is None
    assert f"wrote {file}: send it to st-mary" in said
    assert file.read_bytes() != first
    file.unlink()
    _typed(folder, "certify", *given)
    assert file.is_file()


@pytest.mark.parametrize("environment", [{}, {"GLSMED_CA_PASSPHRASE_FILE": "another"}], ids=["alone", "and another"])
def test_the_passphrase_file_may_stand_before_the_command(
    folder: StudyFolder, passphrase_file: Path, environment: dict[str, str]
) -> None:
    before = ("--ca-passphrase-file", str(passphrase_file))
    said, error = _admit(folder, before=before, environment=environment)
    assert error is None, said
    file = folder.site_certificates / "st-mary.crt"
    first = file.read_bytes()
    said, error = _typed(folder, "certify", "st-mary", before=before, environment=environment)
    assert error is None, said
    assert file.read_bytes() != first


def test_the_passphrase_file_after_the_command_is_the_one_that_counts(
    folder: StudyFolder, passphrase_file: Path, tmp_path: Path
) -> None:
    before = ("--ca-passphrase-file", str(tmp_path / "missing"))
    said, error = _admit(folder, "--ca-passphrase-file", str(passphrase_file), before=before)
    assert error is None, said


def test_a_site_that_is_not_admitted_gets_none(folder: StudyFolder) -> None:
    _, error = _typed(folder, "certify", "st-marv")
    assert isinstance(error, UsageError)


def test_a_withdrawn_site_loses_its_certificate(folder: StudyFolder, passphrase_file: Path) -> None:
    _admit(folder, "--ca-passphrase-file", str(passphrase_file))
    _typed(folder, "revoke", "st-mary")
    assert not (folder.site_certificates / "st-mary.crt").exists()
