"""The whole way as real processes over TLS: what a centre and two hospitals type, and what it leaves behind."""

import csv
import json
import re
import stat
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from glsmed.shared.files.audit import verify

from .conftest import BUSY, REPORTS, SITES, Federation, canaries, edit_yaml, succeed

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

ROUNDS = 3
FOUND_INSIDE = 195  # of the words planted at the hospitals, in what their clients wrote


def _command_lines() -> str:
    return subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout


def _check_processes(federation: Federation) -> None:
    """Centre and hospitals are processes of their own: SuperLink, executor, SuperNodes and residents."""
    lines = _command_lines()
    assert f"superlink_process {federation.study_file}" in lines
    for site in SITES:
        assert f"glsmed.client.resident {federation.config(site)}" in lines
    assert len(re.findall(rf"supernode_process .*localhost:{federation.port}", lines)) == len(SITES)


def _training_workers(federation: Federation) -> int:
    """How many processes share the rounds of the site that has two devices."""
    return len(re.findall(rf"worker_pool\.worker .*{re.escape(str(federation.root))}", _command_lines()))


def _check_no_worker_stays(federation: Federation) -> None:
    federation.stop()
    deadline = time.monotonic() + 30 * BUSY
    while _training_workers(federation):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_study_runs_to_its_end_and_leaves_its_record(federation: Federation) -> None:
    edit_yaml(federation.config(SITES[1]), lambda content: content.update(devices=2))
    centre = federation.start_centre()
    for program in [federation.start_site(site) for site in SITES]:
        program.wait_for("takes part", seconds=90)
    centre.wait_for("round 1 of 3: training at")
    _check_processes(federation)
    centre.wait_for("round 2 of 3: training at")
    assert _training_workers(federation) == 2
    centre.wait_for("done: results are in", seconds=200)
    run = federation.study_file.parent / "run"
    _check_run(run)
    _check_shared_prior(run)
    _check_nothing_else_left(federation)
    _check_private(federation.study_file.parent)
    _check_no_worker_stays(federation)


def _check_private(study: Path) -> None:
    """Whatever the commands and the processes of the centre have written is for their user alone."""
    found = [study, *study.rglob("*")]
    assert len(found) > 30
    for path in found:
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def _check_run(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    assert summary["rounds"] == ROUNDS
    assert set(summary["sites"]) == set(SITES)
    kept = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert kept == [f"round-{number:04d}.safetensors" for number in range(ROUNDS + 1)]
    with (run / "metrics.csv").open() as source:
        assert {row["split"] for row in csv.DictReader(source)} == {"train", "validation", "test"}
    assert verify(run / "audit.jsonl").first_broken is None


def _check_shared_prior(run: Path) -> None:
    """Both sites' counts came, and every site starts from what they say."""
    prior = json.loads((run / "shared_prior.json").read_text())
    assert {belief["sites"] for belief in prior["cues"].values()} == {len(SITES)}
    events = [json.loads(line) for line in (run / "audit.jsonl").read_text().splitlines()]
    assert "prior_not_taken" not in {event["event"] for event in events}


def _check_nothing_else_left(federation: Federation) -> None:
    for site in SITES:
        audit = ("glsmed-client", "--site", str(federation.config(site)), "audit")
        said = succeed(*audit, "verify", cwd=federation.root)
        assert "unbroken, each signed with this site's key" in said
        heads = federation.study_file.parent / "run" / "audit-heads" / f"{site}.jsonl"
        assert "as the centre noted them 8 times" in succeed(*audit, "compare", str(heads), cwd=federation.root)
        log = (federation.config(site).parent / "state" / "audit" / "audit.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in log]
        sent = [entry["fields"]["message"] for entry in entries if entry["event"] == "sent"]
        # the greeting, counts and the prior once; an update a round, with the validation of the model it began from;
        # the last model's validation; and the test
        assert sent == ["HelloReply", "CountsReply", "PriorReply", *["Update"] * ROUNDS, *["EvaluationReply"] * 2]
        asked = [entry["fields"] for entry in entries if entry["event"] == "task"]
        assert len(asked) == len(sent)
        assert all(len(task["model_digest"]) == 64 for task in asked if task["kind"] in ("train", "evaluate"))
    outside = [federation.study_file.parent, *federation.root.glob("flwr-server-*.log")]
    assert not _found(outside, [*REPORTS, *_planted()])
    assert len(_found([federation.config(site).parent / "state" for site in SITES], _planted())) >= FOUND_INSIDE


def _planted() -> list[str]:
    return [word for seed in range(len(SITES)) for word in canaries(seed)]


def _found(places: Iterable[Path], words: Sequence[str]) -> set[str]:
    """Those of the words that stand in any file at these places."""
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    contents = [path.read_bytes() for path in files]
    return {word for word in words if any(word.encode() in content for content in contents)}
