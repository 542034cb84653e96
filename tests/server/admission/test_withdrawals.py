from pathlib import Path

import pytest

from glsmed.server.admission.withdrawals import Withdrawal, keep_withdrawal, record_files, withdrawals
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, make_request


def _withdrawal(site: str, *, at: str = "2026-01-01T00:00:00+00:00") -> Withdrawal:
    request = make_request(generate_private_key(), site=site, study="doubt", study_digest="ab")
    return Withdrawal(site=site, public_key=request.public_key, withdrawn_at=at)


def test_records_come_back_by_fingerprint_the_oldest_first(tmp_path: Path) -> None:
    old, new = _withdrawal("z", at="2026-01-01T00:00:00+00:00"), _withdrawal("a", at="2026-02-01T00:00:00+00:00")
    for withdrawal in (new, old):
        keep_withdrawal(tmp_path, withdrawal)
    read = withdrawals(tmp_path, faults={})
    assert list(read.items()) == [(fingerprint(old.public_key), old), (fingerprint(new.public_key), new)]


def test_a_site_may_lose_several_keys(tmp_path: Path) -> None:
    for withdrawal in (_withdrawal("a"), _withdrawal("a")):
        keep_withdrawal(tmp_path, withdrawal)
    assert [withdrawal.site for withdrawal in withdrawals(tmp_path, faults={}).values()] == ["a", "a"]


def test_the_first_record_of_a_key_stays(tmp_path: Path) -> None:
    first = _withdrawal("a")
    keep_withdrawal(tmp_path, first)
    keep_withdrawal(tmp_path, first.model_copy(update={"withdrawn_at": "2027-01-01T00:00:00+00:00"}))
    assert list(withdrawals(tmp_path, faults={}).values()) == [first]


@pytest.mark.parametrize("content", ["site: st-", "{site: a, public_key: ssh-ed25519 AAAA, withdrawn_at: now}"])
def test_a_record_that_cannot_be_read_is_a_fault_and_hides_no_other(tmp_path: Path, content: str) -> None:
    keep_withdrawal(tmp_path, _withdrawal("b"))
    broken = record_files(tmp_path)[0].with_name("a-0.yaml")
    broken.write_text(content)
    faults: dict[Path, str] = {}
    assert [withdrawal.site for withdrawal in withdrawals(tmp_path, faults=faults).values()] == ["b"]
    assert "restore this record of a withdrawn key" in faults[broken]
