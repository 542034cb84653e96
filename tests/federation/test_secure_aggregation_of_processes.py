"""Secure aggregation between real processes: a centre and three hospitals over TLS, each with its approved roster."""

from pathlib import Path

import pytest

from glsmed.benchmarks.rounds_cost.federation_run import run_federation
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.benchmarks.rounds_cost.study_set_up import RunFolders
from glsmed.client.settings.state_folder import StateFolder
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.files.audit import recorded


@pytest.mark.slow
@pytest.mark.processes
def test_three_hospitals_train_and_no_plain_update_leaves_one(tmp_path: Path) -> None:
    settings = RunSettings(sites=3, rounds=1, architecture="resnet10_x0_25", is_masked=True)
    run_federation(tmp_path, settings, tell=lambda _: None)
    folders = RunFolders(tmp_path)
    merged = list(RunFolder(folders.centre.run).recorded("merged"))
    assert [one["secure_sum_of"] for one in merged] == [list(settings.site_names)] * settings.rounds_of_study
    for site in settings.site_names:
        log = StateFolder(folders.config(site).parent / "state").audit_log
        sent = [entry["message"] for entry in recorded(log, "sent")]
        assert sent.count("MaskedUpdate") == settings.rounds_of_study
        assert "Update" not in sent
