"""The whole way as real processes over TLS: what a centre and two hospitals type, and what it leaves behind."""

import csv
import json
import subprocess

import pytest

from glsmed.shared.audit import verify

from .conftest import SITES, Federation, succeed

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


def _finish(federation: Federation) -> str:
    """Start everything and return what the centre said once the study is done."""
    centre = federation.start_centre()
    for program in [federation.start_site(site) for site in SITES]:
        program.wait_for("takes part", seconds=60)
    return centre.wait_for(r"done: results are in", seconds=200)


def _command_lines() -> str:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return listed.stdout


def test_a_study_runs_to_its_end_and_leaves_its_record(federation: Federation) -> None:
    said = _finish(federation)
    run = federation.study_file.parent / "run"
    summary = json.loads((run / "summary.json").read_text())
    assert summary["rounds"] == 3
    assert set(summary["sites"]) == set(SITES)
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        f"round-{number:04d}.safetensors" for number in (1, 2, 3)
    ]
    assert "round 3 of 3" in said
    with (run / "metrics.csv").open() as source:
        assert {row["split"] for row in csv.DictReader(source)} == {"train", "validation", "test"}
    assert verify(run / "audit.jsonl").first_broken is None
    for site in SITES:
        assert "unbroken" in succeed(
            "glsmed-client", "--site", str(federation.config(site)), "audit", "verify", cwd=run
        )
