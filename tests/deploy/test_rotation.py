"""Every key can be changed while the study stays: the steps of docs/operations.md, typed."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.client.cli import app as client_app
from glsmed.client.node.site_certificate import read_certificate
from glsmed.client.settings.config import load_site
from glsmed.client.settings.enrolment import read_private_key
from glsmed.client.settings.site_audit import open_audit
from glsmed.server.admission.registry import read_registry
from glsmed.server.cli import app as server_app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import DataError
from glsmed.shared.files.audit import verify
from glsmed.shared.protocol.enrolment import public_line


class Study:
    """A centre and one hospital, which has been admitted and holds its certificate."""

    def __init__(self, root: Path) -> None:
        centre = root / "centre"
        self.folder: StudyFolder = make_study_folder(
            centre, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440
        )
        self.site = root / "st-mary"
        given = ("--study", str(centre / "study.yaml"), "--ca", str(self.folder.certificates.ca_certificate))
        _typed(client_app, "init", str(self.site), *given)
        self.join()

    def centre(self, *words: str) -> str:
        return _typed(server_app, "--study", str(self.folder.study_file), *words)

    def join(self) -> None:
        """Enroll, be admitted, and put the certificate into its place."""
        said = _typed(client_app, "--site", str(self.site / "config.yaml"), "enroll")
        read_out = re.search(r"SHA256:\S{43}", said)
        assert read_out is not None
        self.centre("admit", str(self.site / "request.yaml"), "--fingerprint", read_out.group())
        self.take_certificate()

    def take_certificate(self) -> None:
        shutil.copy(self.folder.site_certificates / "st-mary.crt", self.site / "keys" / "site.crt")

    @property
    def key(self) -> Path:
        return self.site / "keys" / "site.key"

    @property
    def ca(self) -> Path:
        return self.site / "ca.crt"

    def admitted_key(self) -> str:
        return read_registry(self.folder.sites).admitted["st-mary"].request.public_key


def _typed(app: object, *words: str) -> str:
    done = CliRunner().invoke(app, words)  # type: ignore[arg-type]  # either program's
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    return done.output


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def test_a_sites_certificate_is_renewed_without_a_new_enrolment(study: Study) -> None:
    before, key = read_certificate(study.key, study.ca), study.admitted_key()
    study.centre("certify", "st-mary")
    study.take_certificate()
    after = read_certificate(study.key, study.ca)
    assert after.serial_number != before.serial_number
    assert after.public_key() == before.public_key()
    assert study.admitted_key() == key


def test_a_site_changes_its_key_and_its_audit_log_goes_on(study: Study) -> None:
    config = load_site(study.site / "config.yaml")
    config.state.prepare()
    old = public_line(read_private_key(study.key).public_key())
    open_audit(config).append("sent", {"round": 1})
    entries = verify(config.state.audit_log).entries

    study.centre("withdraw", "st-mary")
    study.key.rename(study.key.with_name("old.key"))
    study.join()

    new = public_line(read_private_key(study.key).public_key())
    assert study.admitted_key() == new != old
    read_certificate(study.key, study.ca)
    open_audit(config).append("sent", {"round": 2})
    report = verify(config.state.audit_log, new)
    assert report.first_broken is None
    assert report.entries > entries  # numbers go on, so that what the centre noted can be compared


def test_the_key_that_signs_tasks_is_made_anew_when_it_is_gone(study: Study) -> None:
    certificates = study.folder.certificates
    before = certificates.tasks_certificate.read_bytes()
    certificates.tasks_key.unlink()
    certificates.tasks_certificate.unlink()
    study.folder.prepare_state()
    study.folder.renew_for_this_start(study.folder.study())
    assert certificates.tasks_certificate.read_bytes() != before
    certificates.task_key()


def test_a_new_authority_needs_new_certificates_and_no_new_enrolment(study: Study, tmp_path: Path) -> None:
    key = study.admitted_key()
    _typed(server_app, "init", str(tmp_path / "new"), "--name", "doubt")
    shutil.copytree(tmp_path / "new" / "pki", study.folder.root / "pki", dirs_exist_ok=True)
    said = study.centre("certify")
    assert "st-mary.crt: send it to st-mary" in said
    study.take_certificate()
    with pytest.raises(DataError, match="was issued by another authority"):
        read_certificate(study.key, study.ca)
    shutil.copy(study.folder.certificates.ca_certificate, study.ca)
    read_certificate(study.key, study.ca)
    assert study.admitted_key() == key
