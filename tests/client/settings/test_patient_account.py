import json
from pathlib import Path

import pytest

from glsmed.client.settings.patient_account import PAID, PatientAccount, PatientAccountFile, Spent
from glsmed.shared.errors import DataError
from glsmed.shared.files.audit import AuditLog, recorded
from glsmed.shared.privacy.accounting import PrivateSteps

ROUND = Spent(noise_multiplier=1.0, sampling_rate=0.05, steps=100)
OTHER = Spent(noise_multiplier=2.0, sampling_rate=0.1, steps=5)


def account_file(folder: Path) -> PatientAccountFile:
    log = folder / "audit.jsonl"
    return PatientAccountFile(folder / "privacy.json", audit_log=log, record=AuditLog(log).append)


def pay(folder: Path, *, study: str = "a", spent: Spent = ROUND) -> PatientAccount:
    file = account_file(folder)
    file.mend()
    account = file.read().with_payment(study, spent)
    file.write(account, {"study": study})
    return account


def test_steps_that_are_alike_are_one_entry_and_studies_are_apart() -> None:
    account = PatientAccount()
    for study, spent in (("a", ROUND), ("a", ROUND), ("a", OTHER), ("b", ROUND)):
        account = account.with_payment(study, spent)
    assert account.payments == 4
    assert account.of("a") == [PrivateSteps(1.0, 0.05, 200), PrivateSteps(2.0, 0.1, 5)]
    assert sum(one.steps for one in account.all()) == 305
    assert account.of("c") == []


def test_a_payment_is_in_the_audit_log_with_the_accounts_number_and_digest(tmp_path: Path) -> None:
    account = pay(tmp_path)
    (fields,) = recorded(tmp_path / "audit.jsonl", PAID)
    assert (fields["payments"], fields["sha256"], fields["study"]) == (1, account.digest(), "a")
    assert account_file(tmp_path).read() == account
    assert account_file(tmp_path).mismatch() == ""


def test_an_audit_log_that_begins_anew_does_not_take_the_account_away(tmp_path: Path) -> None:
    pay(tmp_path)
    (tmp_path / "audit.jsonl").rename(tmp_path / "away.jsonl")
    assert pay(tmp_path).of("a")[0].steps == 200
    assert account_file(tmp_path).mismatch() == ""


def test_several_studies_with_an_audit_log_each_pay_from_one_account(tmp_path: Path) -> None:
    files = []
    for number in range(2):
        log = tmp_path / f"audit-{number}.jsonl"
        files.append(PatientAccountFile(tmp_path / "privacy.json", audit_log=log, record=AuditLog(log).append))
    for _ in range(3):
        for study, file in zip("ab", files, strict=True):
            assert file.mend() == ""
            file.write(file.read().with_payment(study, ROUND), {})
    older = files[0].read()
    for file in files:
        (tmp_path / "privacy.json").unlink(missing_ok=True)
        assert "missing" in file.mend()
    assert [files[1].read().of(study) for study in "ab"] == [older.of(study) for study in "ab"]


def test_a_crash_between_log_and_account_counts_the_payment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pay(tmp_path)
    monkeypatch.setattr(PatientAccountFile, "_replace", lambda *_: None)
    pay(tmp_path)
    monkeypatch.undo()
    assert account_file(tmp_path).read().of("a")[0].steps == 200


def test_the_account_of_an_earlier_release_goes_on(tmp_path: Path) -> None:
    (tmp_path / "privacy.json").write_text(json.dumps({"study": "a", "spent": [ROUND.model_dump()] * 3}))
    assert account_file(tmp_path).read().of("a") == [PrivateSteps(1.0, 0.05, 300)]
    assert pay(tmp_path, study="b").of("a") == [PrivateSteps(1.0, 0.05, 300)]


def test_a_damaged_account_without_a_log_stops_training(tmp_path: Path) -> None:
    (tmp_path / "privacy.json").write_text('{"study": "a", "spent": [{"steps": 0}]}')
    with pytest.raises(DataError, match=r"privacy.json: .* cannot be read: restore it from a backup"):
        account_file(tmp_path).read()
