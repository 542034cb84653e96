"""What docs/operations.md says of certificates and of old copies, done in this process."""

import json
import shutil
import socket
import ssl
import threading
from pathlib import Path

import pytest

from glsmed.client.egress.query_budget import QueryBudget, Request
from glsmed.client.settings.patient_account import PatientAccountFile, Spent
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.settings.state_folder import StateFolder
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.pki import CertificateFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import FederationError, QueryBudgetError
from glsmed.shared.files.audit import AuditLog, verify
from glsmed.shared.privacy.accounting import epsilon
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection

NAME = "centre.example.org"
ROUND = Spent(noise_multiplier=2.0, sampling_rate=0.1, steps=50)
PRIVACY = PrivacySection(noise_multiplier=2.0)


def new_study(root: Path) -> StudyFolder:
    return make_study_folder(root, name="chest-doubt", public_names=[NAME], port=8443, loopback_port=8440)


def trusts(ca: Path, server: CertificateFolder) -> bool:
    """Whether a hospital with this authority accepts the server in a TLS handshake."""
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(server.server_certificate, server.server_key)
    ours = ssl.create_default_context(cafile=ca)
    near, far = socket.socketpair()

    def answer() -> None:
        try:
            theirs.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()  # the hospital hung up

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        ours.wrap_socket(near, server_hostname=NAME).close()
    except ssl.SSLCertVerificationError:
        return False
    finally:
        near.close()
        thread.join()
    return True


def test_a_renewed_certificate_is_trusted_by_hospitals_that_change_nothing(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "centre")
    ca = Path(shutil.copy(folder.certificates.ca_certificate, tmp_path / "ca.crt"))
    before = folder.certificates.server_certificate.read_bytes()
    folder.certificates.server_key.unlink()
    folder.prepare_state()
    folder.renew_for_this_start(folder.study())
    assert folder.certificates.server_certificate.read_bytes() != before
    assert trusts(ca, folder.certificates)


def test_without_the_authoritys_key_a_centre_starts_until_its_certificate_must_be_made_again(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "centre")
    folder.prepare_state()
    folder.certificates.ca_key.unlink()
    folder.renew_for_this_start(folder.study())
    folder.certificates.server_key.unlink()
    with pytest.raises(FederationError, match=r"ca\.key is missing"):
        folder.renew_for_this_start(folder.study())


def test_a_new_authority_needs_its_certificate_at_the_hospitals_and_no_new_approval(tmp_path: Path) -> None:
    folder, other = new_study(tmp_path / "centre"), new_study(tmp_path / "new")
    approved = folder.study().digest()
    old_ca = Path(shutil.copy(folder.certificates.ca_certificate, tmp_path / "old.crt"))
    shutil.copytree(other.root / "pki", folder.root / "pki", dirs_exist_ok=True)
    folder.prepare_state()
    folder.renew_for_this_start(folder.study())
    assert trusts(other.certificates.ca_certificate, folder.certificates)
    assert not trusts(old_ca, folder.certificates)
    assert folder.study().digest() == approved


def test_an_old_copy_of_the_privacy_account_costs_nothing_beside_the_audit_log(tmp_path: Path) -> None:
    file = privacy_account(tmp_path)
    ledger = PrivacyLedger(file, "doubt")
    ledger.pay(ROUND, PRIVACY)
    copy = file.path.read_bytes()
    ledger.pay(ROUND, PRIVACY)
    third = epsilon([ROUND.taken] * 3, delta=PRIVACY.delta)
    file.path.write_bytes(copy)
    assert ledger.pay(ROUND, PRIVACY) == third


def test_with_old_copies_of_both_the_missing_rounds_can_be_entered(tmp_path: Path) -> None:
    file = privacy_account(tmp_path)
    PrivacyLedger(file, "doubt").pay(ROUND, PRIVACY)
    content = json.loads(file.path.read_bytes())
    content["studies"]["doubt"][-1]["steps"] += ROUND.steps
    content["payments"] += 1
    file.path.write_text(json.dumps(content))
    again = PrivacyLedger(privacy_account(tmp_path), "doubt")
    assert again.pay(ROUND, PRIVACY) == epsilon([ROUND.taken] * 3, delta=PRIVACY.delta)


def privacy_account(folder: Path) -> PatientAccountFile:
    log = folder / "audit.jsonl"
    return PatientAccountFile(folder / "privacy.json", audit_log=log, record=AuditLog(log).append)


def test_an_old_copy_of_the_query_budget_answers_again_until_the_missing_request_is_entered(tmp_path: Path) -> None:
    study = Study(study="doubt", findings=("effusion",), training=TrainingSection(rounds=1))
    budget = QueryBudget(StateFolder(tmp_path), study, runs=2)
    account = StateFolder(tmp_path).query_budget(study.digest())
    budget.charge(Request("train", "a" * 64, 1))
    copy = account.read_bytes()
    budget.charge(Request("train", "b" * 64, 1))
    account.write_bytes(copy)
    assert budget.left()["train"] == 1  # the truth is 0
    content = json.loads(copy)
    content["asked"]["train"] += 1
    account.write_text(json.dumps(content))
    with pytest.raises(QueryBudgetError):
        budget.charge(Request("train", "c" * 64, 1))


def test_an_old_copy_of_the_audit_log_is_whole_and_shows_only_against_the_noted_head(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.append("sent", {"round": 1})
    copy = path.read_bytes()
    log.append("sent", {"round": 2})
    noted = verify(path)
    path.write_bytes(copy)
    restored = verify(path)
    assert restored.first_broken is None
    assert (restored.entries, restored.head) != (noted.entries, noted.head)
