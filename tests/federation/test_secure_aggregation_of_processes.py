"""Secure aggregation between real processes: a centre and its hospitals over TLS, each with its approved roster."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glsmed.benchmarks.demo.programs import Programs
from glsmed.benchmarks.rounds_cost.federation_run import run_federation
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.benchmarks.rounds_cost.study_set_up import (
    RunFolders,
    approve_roster,
    connect_hospital,
    edit_yaml,
    set_up_centre,
    set_up_hospitals,
)
from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime
from glsmed.client.settings.config import load_site
from glsmed.client.settings.state_folder import StateFolder
from glsmed.server.folders.run_folder import RunFolder, read_metrics
from glsmed.shared.files.audit import recorded
from glsmed.shared.wire.packed_model import FLOAT

from .stages import kill_all

pytestmark = [pytest.mark.slow, pytest.mark.processes]

Floats = NDArray[np.float32]


@pytest.mark.timeout(300)
def test_three_hospitals_train_and_neither_a_plain_update_nor_a_metric_leaves_one(tmp_path: Path) -> None:
    settings = RunSettings(sites=3, rounds=1, architecture="resnet10_x0_25", is_masked=True, sums_metrics=True)
    run_federation(tmp_path, settings, tell=lambda _: None)
    folders = RunFolders(tmp_path)
    merged = list(RunFolder(folders.centre.run).recorded("merged"))
    assert [one["secure_sum_of"] for one in merged] == [list(settings.site_names)] * settings.rounds_of_study
    for site in settings.site_names:
        sent = [entry["message"] for entry in recorded(_log(folders, site), "sent")]
        assert sent.count("MaskedUpdate") == settings.rounds_of_study
        assert sent.count("MaskedEvaluation") == 2  # of the last model, and of the best on test patients
        assert not {"Update", "EvaluationReply"} & set(sent)
        told = [one for one in recorded(_log(folders, site), "sent") if one["message"] != "HelloReply"]
        assert not any(one["metrics"] or one.get("validation") for one in told)
    ends = {row.site for row in read_metrics(folders.centre.run) if row.split == "test"}
    assert ends == {"all sites"}


FOUR = RunSettings(sites=4, architecture="resnet10_x0_25", is_masked=True)
LONG = {"rounds": 3, "steps_per_round": 200}  # steps of seconds, so that a kill comes before the update
KEPT = {"keep_every": 1}  # every round's model, to look at the one that the kill came in
START_SECONDS, END_SECONDS = 300.0, 400.0


@pytest.mark.timeout(900)
def test_a_hospital_killed_between_its_keys_and_its_update_leaves_the_exact_sum_of_the_others(tmp_path: Path) -> None:
    """All four gave keys and shares, so the masks of the three hold its; nobody but the three can take them out."""
    folders, (*others, killed) = RunFolders(tmp_path), FOUR.site_names
    with Programs(tmp_path / "logs") as programs:
        port = set_up_centre(folders, FOUR, programs=programs)
        edit_yaml(folders.centre.study_file, {"training": LONG, "federation": {"quorum": 3}, "centre": KEPT})
        set_up_hospitals(folders, FOUR.site_names, programs=programs)
        approve_roster(folders, FOUR.site_names, programs=programs)
        centre = programs.start("centre", "flwr-server", "--study", str(folders.centre.study_file))
        for site in FOUR.site_names:
            connect_hospital(folders, site, port=port)
            programs.start(site, "glsmed-client", "--site", str(folders.config(site)))
        number = _wait_until_it_trains(_log(folders, killed), among=len(FOUR.site_names))
        kill_all(folders.config(killed).parent)
        assert centre.process.wait(timeout=END_SECONDS) == 0, centre.log_tail()
    sent = [(entry["message"], entry["round"]) for entry in recorded(_log(folders, killed), "sent") if "round" in entry]
    assert ("SharesReply", number) in sent
    assert ("MaskedUpdate", number) not in sent
    run = RunFolder(folders.centre.run)
    merged = [one["secure_sum_of"] for one in run.recorded("merged") if one["round"] == number]
    assert merged == [others]
    sites = [load_site_runtime(load_site(folders.config(site))) for site in FOUR.site_names]
    moved = _floats(sites[0], run, number) - _floats(sites[0], run, number - 1)
    changes = [_change(site, run, number) for site in sites]
    cells = [int((site.splits["train"].weights > 0).sum()) for site in sites]
    assert np.abs(moved - np.average(changes[:-1], axis=0, weights=cells[:-1])).max() < 4e-6
    assert np.abs(moved - np.average(changes, axis=0, weights=cells)).max() > 1e-4  # the control


def _log(folders: RunFolders, site: str) -> Path:
    return StateFolder(folders.config(site).parent / "state").audit_log


def _wait_until_it_trains(log: Path, *, among: int) -> int:
    """The round in which a hospital trains for a sum of so many; the quorum may begin a round without the last."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        entries = _entries(log) or [{}]
        boxes = [json.loads(entry["sealed"]) for entry in entries if entry.get("message") == "SharesReply"]
        if entries[-1].get("kind") == "train" and len(boxes[-1]) == among:
            return int(entries[-1]["round"])
        time.sleep(0.02)
    raise AssertionError(f"{log}: no task to train for a sum of {among} came")


def _entries(log: Path) -> list[dict[str, Any]]:
    """The fields of the whole lines of a log that is being written."""
    lines = log.read_bytes().split(b"\n")[:-1] if log.is_file() else []
    return [json.loads(line)["fields"] for line in lines]


def _floats(site: SiteRuntime, run: RunFolder, number: int) -> Floats:
    """``(N,)`` the model of a round as the centre kept it."""
    checkpoint = run.checkpoints.load(number, study_digests=[site.study.digest()])
    return site.models.layout.pack(checkpoint.model.arrays())[FLOAT].astype(np.float32)


def _change(site: SiteRuntime, run: RunFolder, number: int) -> Floats:
    """``(N,)`` what plain training of a hospital changes of the round's model, in this process, without masks."""
    before = run.checkpoints.load(number - 1, study_digests=[site.study.digest()]).model.arrays()
    site.strategy.train(before, site.splits, round_number=number)
    return site.models.change(site.models.layout.pack(before), site.strategy.shared())
