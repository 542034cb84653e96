from pathlib import Path

import pytest

from glsmed.server.admission.withdrawals import Withdrawal, keep_withdrawal
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.audited_sites import AuditedSites
from glsmed.shared.protocol.enrolment import generate_private_key, make_request


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    folder = StudyFolder.at(tmp_path)
    folder.keep_site_by_node({7: "sakura"})
    return folder


def _withdraw(folder: StudyFolder, site: str) -> Withdrawal:
    request = make_request(generate_private_key(), site=site, study="doubt", study_digest="ab")
    withdrawal = Withdrawal(site=site, public_key=request.public_key, withdrawn_at="2026-01-01T00:00:00+00:00")
    keep_withdrawal(folder.sites, withdrawal)
    return withdrawal


def test_it_says_which_node_is_which_site(folder: StudyFolder) -> None:
    assert AuditedSites(folder, RunFolder(folder.run))() == {7: "sakura"}


def test_each_withdrawal_is_in_the_audit_log_once_even_after_a_restart(folder: StudyFolder) -> None:
    sites = AuditedSites(folder, RunFolder(folder.run))
    sites()
    first = _withdraw(folder, "st-mary")
    sites()
    sites()
    run = RunFolder(folder.run)
    again = AuditedSites(folder, run)
    second = _withdraw(folder, "san-lucas")
    again()
    recorded = [(fields["site"], fields["key"]) for fields in run.recorded("site_withdrawn")]
    assert recorded == [("st-mary", first.key), ("san-lucas", second.key)]
