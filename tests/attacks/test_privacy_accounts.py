"""A hospital's account of privacy that is lost, put back, forked or written by two: none of it buys a new budget."""

import json
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from glsmed.client.settings import privacy_ledger
from glsmed.client.settings.patient_account import PatientAccount, PatientAccountFile, Spent
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.shared.errors import PrivacyBudgetError
from glsmed.shared.files.audit import AuditLog, verify
from glsmed.shared.privacy.accounting import epsilon
from glsmed.shared.protocol.study import PrivacySection
from tests.client.settings.test_patient_account import ROUND, account_file, pay

SMALL = Spent(noise_multiplier=20.0, sampling_rate=0.01, steps=1)
PRIVATE = PrivacySection(noise_multiplier=1.0)
PAYMENTS = 40


def _delete(path: Path, _older: bytes) -> None:
    path.unlink()


def _restore(path: Path, older: bytes) -> None:
    path.write_bytes(older)


def _fork(path: Path, _older: bytes) -> None:
    content = json.loads(path.read_text())
    content["studies"]["a"][0]["steps"] = 1
    path.write_text(json.dumps(content))


def _spoil(path: Path, _older: bytes) -> None:
    path.write_text("{")


def _link(path: Path, _older: bytes) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere.json")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (_delete, "missing"),
        (_restore, "older than the audit log: 1 payments, not 3"),
        (_fork, "not the one"),
        (_spoil, "damaged"),
        (_link, "missing"),
    ],
)
def test_an_account_that_is_not_the_audit_logs_is_noticed_and_counts_on(
    tmp_path: Path, tamper: object, words: str
) -> None:
    pay(tmp_path)
    older = (tmp_path / "privacy.json").read_bytes()
    pay(tmp_path)
    last = pay(tmp_path, study="b")
    assert callable(tamper)
    tamper(tmp_path / "privacy.json", older)
    assert words in account_file(tmp_path).mismatch()
    assert account_file(tmp_path).read().studies == last.studies
    assert words in account_file(tmp_path).mend()
    assert account_file(tmp_path).mismatch() == ""
    after = pay(tmp_path)
    assert after.of("a")[0].steps == 300
    assert verify(tmp_path / "audit.jsonl").first_broken is None


def test_without_the_audit_log_nobody_notices_an_older_account(tmp_path: Path) -> None:
    """The positive control: an account alone cannot tell that it is an old one."""
    file = PatientAccountFile(tmp_path / "privacy.json")
    file.write(PatientAccount().with_payment("a", ROUND), {})
    older = (tmp_path / "privacy.json").read_bytes()
    file.write(file.read().with_payment("a", ROUND), {})
    (tmp_path / "privacy.json").write_bytes(older)
    assert file.mismatch() == ""
    assert file.read().of("a")[0].steps == 100


def _pay_often(folder: Path) -> None:
    log = folder / "audit.jsonl"
    file = PatientAccountFile(
        folder / "privacy.json", audit_log=log, record=lambda event, fields: AuditLog(log).append(event, fields)
    )
    for _ in range(PAYMENTS):
        PrivacyLedger(file, "a").pay(SMALL, PRIVATE)


def test_two_processes_lose_no_payment(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_pay_often, [tmp_path, tmp_path]))
    account = PatientAccountFile(tmp_path / "privacy.json").read()
    assert (account.payments, account.of("a")[0].steps) == (2 * PAYMENTS, 2 * PAYMENTS)
    assert verify(tmp_path / "audit.jsonl").entries == 2 * PAYMENTS


def _pay_often_without_a_lock(folder: Path) -> None:
    setattr(privacy_ledger, "waited_lock", nullcontext)  # noqa: B010  # the one defence off, in this process
    for _ in range(PAYMENTS):
        PrivacyLedger(PatientAccountFile(folder / "privacy.json"), "a").pay(SMALL, PRIVATE)


def test_without_the_lock_payments_are_lost(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_pay_often_without_a_lock, [tmp_path, tmp_path]))
    assert PatientAccountFile(tmp_path / "privacy.json").read().payments < 2 * PAYMENTS


@pytest.mark.parametrize("tampering", [_delete, _restore], ids=["deleted", "restored"])
def test_no_tampering_with_the_file_buys_another_round(tmp_path: Path, tampering: object) -> None:
    limit = PrivacySection(noise_multiplier=1.0, max_epsilon=1.01 * epsilon([ROUND.taken] * 2, delta=1e-5))
    ledger = PrivacyLedger(account_file(tmp_path), "a")
    ledger.pay(ROUND, limit)
    older = ledger.file.path.read_bytes()
    ledger.pay(ROUND, limit)
    assert callable(tampering)
    tampering(ledger.file.path, older)
    with pytest.raises(PrivacyBudgetError):
        ledger.pay(ROUND, limit)
    blind = PrivacyLedger(PatientAccountFile(tmp_path / "other.json"), "a")  # the control: no audit log to compare with
    for _ in range(3):
        blind.pay(ROUND, limit)
        tampering(blind.file.path, b"{}")
